/** Exit codes of the command line. 130 and 143 are signals. */
export const exitCodes = { well: 0, fault: 1, usage: 2, drift: 4, breaking: 5, lint: 6, findings: 7 } as const;
