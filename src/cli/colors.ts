/**
 * Colours of the terminal: none with `--no-color`, with NO_COLOR, and where the output is no terminal.
 *
 * @module
 */
import pc from "picocolors";

/** Read when a line is made, so that `--no-color` holds wherever it stands. */
export let colors = pc.createColors(pc.isColorSupported);

export function withoutColors(): void {
  colors = pc.createColors(false);
}
