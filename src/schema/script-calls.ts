/**
 * What a script calls, by its text: which command on which of its keys. What the text computes is not followed.
 *
 * @module
 */
import luaparse, { type Expression, type IndexExpression, type Node } from "luaparse";
import { useOf } from "./redis-commands.js";

/** One call of Redis. */
export interface ScriptCall {
  /** In upper case; undefined where the script computes it, or passes `redis.call` on. */
  readonly command: string | undefined;
  /** Keys by their number in KEYS. */
  readonly reads: readonly number[];
  readonly writes: readonly number[];
  /** What stands in the place of a key and is none of KEYS, such as `ARGV[1]`. */
  readonly undeclared: readonly string[];
}

/** Why the text is no Lua. */
export interface LuaProblem {
  readonly line: number;
  readonly message: string;
}

/** All calls in their order, or why the text is no Lua 5.1, which Redis runs. */
export function readCalls(source: string): readonly ScriptCall[] | LuaProblem {
  let chunk: Node;
  try {
    const encodingMode = "pseudo-latin1";
    chunk = luaparse.parse(source, { luaVersion: "5.1", comments: false, ranges: true, encodingMode });
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    const { line, message } = error as SyntaxError & { readonly line: number };
    return { line, message: message.replace(/^\[\d+:\d+\] /, "") };
  }
  const { constants, declared } = namesOf(chunk);
  const calls: ScriptCall[] = [];
  walk(chunk, undefined, (node, parent) => {
    if (isHidden(node, parent)) calls.push(computed);
    if (!isRedisCall(node)) return;
    if (parent?.type === "CallExpression" && parent.base === node) calls.push(readCall(parent.arguments));
    else if (parent?.type === "StringCallExpression" && parent.base === node) calls.push(readCall([parent.argument]));
    else calls.push(computed);
  });
  return calls;

  /** `redis` that is passed on, or what reaches it, or other text, by a name that only the running script knows. */
  function isHidden(node: Node, parent: Node | undefined): boolean {
    if (node.type !== "Identifier" || isFieldName(node, parent)) return false;
    if (isRedis(node)) return !(parent?.type === "MemberExpression");
    return ways.has(node.name) && !declared.has(node.name);
  }

  /** Valkey calls it `server` too. */
  function isRedis(node: Node): boolean {
    if (node.type !== "Identifier") return false;
    return node.name === "redis" || (node.name === "server" && !declared.has("server"));
  }

  function isRedisCall(node: Node): boolean {
    return node.type === "MemberExpression" && isRedis(node.base) && ["call", "pcall"].includes(node.identifier.name);
  }

  function readCall([name, ...args]: readonly Expression[]): ScriptCall {
    const named = name === undefined ? undefined : resolve(name);
    if (named?.type !== "StringLiteral") return computed;
    const command = named.value.toUpperCase();
    const call = { reads: [] as number[], writes: [] as number[], undeclared: [] as string[] };
    for (const [i, given] of args.entries()) {
      for (const argument of alternatives(given)) {
        const key = keyNumber(argument);
        const use = useOf(command, i + 1, key !== undefined);
        if (use === undefined) continue;
        if (key !== undefined) call[use].push(key);
        else if (isBuilt(argument)) call.undeclared.push(source.slice(...rangeOf(argument)).replace(/\s+/g, " "));
      }
    }
    return { command, ...call };
  }

  /** What a name stands for, where it is given once. A name that is given in terms of itself stays as it is. */
  function resolve(expression: Expression, through: readonly string[] = []): Expression {
    if (expression.type !== "Identifier" || through.includes(expression.name)) return expression;
    const init = constants.get(expression.name);
    return init === undefined ? expression : resolve(init, [...through, expression.name]);
  }

  /** What `a or b` and `c and a or b` may be. */
  function alternatives(given: Expression): Expression[] {
    const expression = resolve(given);
    if (expression.type !== "LogicalExpression") return [expression];
    const { operator, left, right } = expression;
    return operator === "or" ? [...alternatives(left), ...alternatives(right)] : alternatives(right);
  }

  /** The number in `KEYS[1]`. */
  function keyNumber(node: Expression): number | undefined {
    return isOf("KEYS", node) ? numberOf(node.index) : undefined;
  }

  function numberOf(node: Expression): number | undefined {
    const index = resolve(node);
    return index.type === "NumericLiteral" ? index.value : undefined;
  }

  function isOf(table: "KEYS" | "ARGV", node: Expression): node is IndexExpression {
    if (node.type !== "IndexExpression") return false;
    const base = resolve(node.base);
    return base.type === "Identifier" && base.name === table;
  }

  /** Text of the script's own, of ARGV, or of a reply, rather than a key that it was given. */
  function isBuilt(given: Expression): boolean {
    const node = resolve(given);
    if (node.type === "StringLiteral" || isOf("ARGV", node)) return true;
    if (node.type === "BinaryExpression") return node.operator === "..";
    if (node.type === "StringCallExpression") return isRedisCall(node.base);
    if (node.type !== "CallExpression") return false;
    const { base, arguments: args } = node;
    if (base.type === "Identifier") return base.name === "tostring" && args.some(isBuilt);
    if (base.type !== "MemberExpression") return false;
    if (isRedisCall(base)) return true;
    if (base.indexer === ":") return isBuilt(base.base);
    if (base.base.type !== "Identifier") return false;
    return base.base.name === "string" || (base.base.name === "table" && base.identifier.name === "concat");
  }
}

const computed: ScriptCall = { command: undefined, reads: [], writes: [], undeclared: [] };

/** Globals through which a script reaches all others, or runs text that it has put together. */
const ways = new Set(["_G", "getfenv", "load", "loadstring", "setfenv"]);

/** The name behind a dot, or of a field of a table, is no variable. */
function isFieldName(node: Node, parent: Node | undefined): boolean {
  if (parent?.type === "MemberExpression") return parent.identifier === node;
  return parent?.type === "TableKeyString" && parent.key === node;
}

function rangeOf(node: Node): [number, number] {
  return (node as Node & { readonly range: [number, number] }).range;
}

function walk(node: Node, parent: Node | undefined, visit: (node: Node, parent: Node | undefined) => void): void {
  visit(node, parent);
  for (const child of Object.values(node).flat() as unknown[]) {
    if (typeof child === "object" && child !== null && "type" in child) walk(child as Node, node, visit);
  }
}

/** Names that the text gives a value, and those that it gives one once, with that value. */
function namesOf(chunk: Node): { constants: ReadonlyMap<string, Expression>; declared: ReadonlySet<string> } {
  const times = new Map<string, number>();
  const values = new Map<string, Expression>();
  const give = (name: string, value?: Expression): void => {
    times.set(name, (times.get(name) ?? 0) + 1);
    if (value !== undefined) values.set(name, value);
  };
  walk(chunk, undefined, (node) => {
    if (node.type === "LocalStatement" || node.type === "AssignmentStatement") {
      for (const [i, variable] of node.variables.entries()) {
        // More values than names, or fewer, come from a function.
        if (variable.type === "Identifier") give(variable.name, node.init[i]);
      }
    }
    if (node.type === "FunctionDeclaration") {
      if (node.identifier?.type === "Identifier") give(node.identifier.name);
      for (const parameter of node.parameters) if (parameter.type === "Identifier") give(parameter.name);
    }
    if (node.type === "ForNumericStatement") give(node.variable.name);
    if (node.type === "ForGenericStatement") for (const { name } of node.variables) give(name);
  });
  for (const [name, count] of times) if (count > 1) values.delete(name);
  return { constants: values, declared: new Set(times.keys()) };
}
