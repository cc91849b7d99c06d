/** Whether a variable of the environment says that something is not to be done, whatever the program: set to anything but what says no. */
export const isSwitchedOff = (name: string): boolean =>
  !["", "0", "false", "no", "off", "n"].includes((process.env[name] ?? "").trim().toLowerCase())
