/**
 * A value that its parameter refuses. It never holds the value, which may be personal or secret: the error ends up in
 * logs.
 */
export class ParameterProblem extends Error {
  override readonly name = "ParameterProblem";
  /** The parameter's name, as in the key interface. */
  readonly parameter: string;
  /** What to pass instead, as a sentence. */
  readonly fix: string;

  constructor(parameter: string, message: string, fix: string) {
    super(message);
    this.parameter = parameter;
    this.fix = fix;
  }
}
