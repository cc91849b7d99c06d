/** Why a socket could not be had at a port, as far as it matters to whoever asked for it. */
export const bindReason = (cause: NodeJS.ErrnoException | undefined): "in use" | "permission denied" | "other" => {
  switch (cause?.code) {
    case "EADDRINUSE":
      return "in use"
    case "EACCES":
    case "EPERM":
      return "permission denied"
    default:
      return "other"
  }
}
