/**
 * What a script calls, by its text: which command on which of its keys. What the text computes is not followed.
 *
 * @module
 */
import luaparse, { type Expression, type Node } from "luaparse";
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
    chunk = luaparse.parse(source, { luaVersion: "5.1", comments: false, ranges: true });
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    const { line, message } = error as SyntaxError & { readonly line: number };
    return { line, message: message.replace(/^\[\d+:\d+\] /, "") };
  }
  const constants = constantsOf(chunk);
  const calls: ScriptCall[] = [];
  walk(chunk, undefined, (node, parent) => {
    if (isRedis(node) && parent?.type !== "MemberExpression") calls.push(computed);
    if (!isRedisCall(node)) return;
    if (parent?.type === "CallExpression" && parent.base === node) calls.push(readCall(parent.arguments));
    else if (parent?.type === "StringCallExpression" && parent.base === node) calls.push(readCall([parent.argument]));
    else calls.push(computed);
  });
  return calls;

  function readCall([name, ...args]: readonly Expression[]): ScriptCall {
    const command = name === undefined ? undefined : textOf(resolve(name))?.toUpperCase();
    if (command === undefined) return computed;
    const call = { reads: [] as number[], writes: [] as number[], undeclared: [] as string[] };
    for (const [i, given] of args.entries()) {
      const argument = resolve(given);
      const key = indexOf(argument, "KEYS");
      const use = useOf(command, i + 1, key !== undefined);
      if (use === undefined) continue;
      if (key !== undefined) call[use].push(key);
      else if (isBuilt(argument)) call.undeclared.push(source.slice(...rangeOf(argument)).replace(/\s+/g, " "));
    }
    return { command, ...call };
  }

  /** What a name stands for, where it is given once. */
  function resolve(expression: Expression): Expression {
    const init = expression.type === "Identifier" ? constants.get(expression.name) : undefined;
    return init === undefined ? expression : resolve(init);
  }
}

const computed: ScriptCall = { command: undefined, reads: [], writes: [], undeclared: [] };

function isRedis(node: Node): boolean {
  return node.type === "Identifier" && node.name === "redis";
}

function isRedisCall(node: Node): boolean {
  return node.type === "MemberExpression" && isRedis(node.base) && ["call", "pcall"].includes(node.identifier.name);
}

function textOf(node: Expression): string | undefined {
  return node.type === "StringLiteral" ? /^(?:["']|\[=*\[)(.*?)(?:["']|\]=*\])$/s.exec(node.raw)?.[1] : undefined;
}

/** The number in `KEYS[1]`. */
function indexOf(node: Expression, table: "KEYS" | "ARGV"): number | undefined {
  if (node.type !== "IndexExpression" || node.base.type !== "Identifier" || node.base.name !== table) return undefined;
  return node.index.type === "NumericLiteral" ? node.index.value : undefined;
}

/** Text of the script's own, or of ARGV, rather than a key that it was given. */
function isBuilt(node: Expression): boolean {
  if (node.type === "StringLiteral" || indexOf(node, "ARGV") !== undefined) return true;
  return node.type === "BinaryExpression" && node.operator === "..";
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

/** Names that are given a value once in the whole text, and that value. */
function constantsOf(chunk: Node): Map<string, Expression> {
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
      for (const parameter of node.parameters) if (parameter.type === "Identifier") give(parameter.name);
    }
    if (node.type === "ForNumericStatement") give(node.variable.name);
    if (node.type === "ForGenericStatement") for (const { name } of node.variables) give(name);
  });
  for (const [name, count] of times) if (count > 1) values.delete(name);
  return values;
}
