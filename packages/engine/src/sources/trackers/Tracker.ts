/** The service that asks trackers for peers. */
import { AnnounceUrl, type AnnounceRequest, type TrackerReply } from "@unchoke/protocol"
import { Context, Effect, Layer, Result } from "effect"
import type { HttpClient } from "effect/http"
import type { AddressResolver } from "effect/net"
import type { DatagramDialer } from "./DatagramDialer.ts"
import type { Gunzip } from "./HttpAnswer.ts"
import * as HttpTracker from "./HttpTracker.ts"
import { isLocal } from "./localAddress.ts"
import { failedAt, type TrackerFailed, TrackerProblem } from "./TrackerFailed.ts"
import * as UdpTracker from "./UdpTracker.ts"
import { unreachable } from "./unreachable.ts"

/** What a tracker answered to an announce. */
export interface Announcement extends TrackerReply.Announced {
  /** How many more peers it named that are in the user's own network: on the internet nobody knows who is there, so they are left out. */
  readonly withheld?: number
}

/** What is asked of trackers, and what of theirs is trusted. */
export interface TrackerOptions {
  /**
   * Whether a torrent is kept from aiming us at the user's own network (default: yes): an HTTP tracker on a local address is called only by a path that begins with
   * `/announce`, no redirect leads from the internet to one, and a tracker on the internet names no peers on local addresses. UDP trackers themselves are no danger: their packets have
   * a fixed form.
   */
  readonly mitigateSsrf?: boolean
  /** Unpacks the answers of trackers that pack them though we ask for them as they are. */
  readonly gunzip?: Gunzip
}

/** Provides trackers. Every failure of one is a `TrackerFailed` that says what it answered. */
export class Tracker extends Context.Service<
  Tracker,
  {
    /** Announces once, over HTTP, HTTPS or UDP as the URL says. */
    readonly announce: (
      url: string,
      request: AnnounceRequest.AnnounceRequest,
    ) => Effect.Effect<Announcement, TrackerFailed>
  }
>()("unchoke/Tracker") {
  /** Trackers over the `HttpClient` and the `DatagramDialer` at hand. */
  static readonly layerWith = (
    options: TrackerOptions,
  ): Layer.Layer<Tracker, never, HttpClient.HttpClient | DatagramDialer | AddressResolver.AddressResolver> =>
    Layer.effect(
      Tracker,
      Effect.gen(function* () {
        const mitigateSsrf = options.mitigateSsrf ?? true
        const http = yield* HttpTracker.make({ mitigateSsrf, gunzip: options.gunzip })
        const udp = yield* UdpTracker.make
        const call = Effect.fnUntraced(function* (text: string, request: AnnounceRequest.AnnounceRequest) {
          const url = AnnounceUrl.fromString(text)
          if (Result.isFailure(url)) {
            return yield* Effect.fail(TrackerProblem.make({ _tag: "BadUrl", why: url.failure }))
          }
          const { by, reply } = yield* (url.success.scheme === "udp" ? udp : http)(url.success, request)
          return mitigateSsrf && !isLocal(by) ? withoutLocal(reply) : reply
        })
        return {
          announce: (url, request) =>
            call(url, request).pipe(
              // What a client throws on an URL that it does not like, or an answer, is the tracker's doing and not the end of a download.
              Effect.catchDefect((cause) => Effect.fail(unreachable(cause))),
              Effect.mapError((reason) => failedAt(url, reason)),
            ),
        }
      }),
    )

  static readonly layer = Tracker.layerWith({})
}

const withoutLocal = (reply: TrackerReply.Announced): Announcement => {
  const peers = reply.peers.filter(({ address }) => !isLocal(address))
  return { ...reply, peers, withheld: reply.peers.length - peers.length }
}
