// Stands in for webtorrent's WebRTC: native code that comes from outside the npm registry, and that a peer over TCP never calls.
export const RTCPeerConnection = undefined
export const RTCSessionDescription = undefined
export const RTCIceCandidate = undefined
export default {}
