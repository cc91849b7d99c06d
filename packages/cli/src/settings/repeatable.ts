/** The words by which a flag's description tells that it may be given several times. */
export const repeatable = "as often as you like"
