/**
 * The text of a team's script as it is sent: its header is checked, and what it leaves of its keys' TTLs is put right in
 * the same call.
 *
 * @module
 */

/** What a script's header may say. */
export const scriptFlags = ["no-writes", "allow-oom"] as const;

/** Why a header is refused. */
export interface HeaderProblem {
  readonly message: string;
  readonly fix: string;
}

/** The flags of a script's first line, or why it is refused. */
export function readHeader(source: string): readonly string[] | HeaderProblem {
  const end = source.indexOf("\n");
  const header = end < 0 ? source : source.slice(0, end);
  const parts = /^#!lua(?: flags=([a-z-]+(?:,[a-z-]+)*))?[ \r]*$/.exec(header);
  if (!parts) {
    return {
      message: "it does not begin with a line #!lua, or #!lua flags=…, so Redis would not check its keys",
      fix: "Write #!lua, #!lua flags=no-writes or #!lua flags=allow-oom as its first line.",
    };
  }
  const flags = parts[1]?.split(",") ?? [];
  const refused = flags.find((flag) => !(scriptFlags as readonly string[]).includes(flag));
  if (refused === undefined) return flags;
  return {
    message: `it has the flag ${refused}`,
    fix:
      refused === "allow-cross-slot-keys"
        ? "Leave it out, and declare every key: one slot is what makes a script safe in a Cluster."
        : `Leave it out; the flags are ${scriptFlags.join(" and ")}.`,
  };
}

/**
 * The script inside a function, and after it, whether it ended well or with an error, the TTLs of its keys. ARGV ends with
 * two numbers for each key: the TTL that one without gets, and the longest, in ms; 0 for none. Redis does not roll a script
 * back, so its error is part of the answer: what it wrote before stays, with its TTL. The keys and TTLs are set aside before the
 * script runs, since it can reach the tables KEYS and ARGV by `_G`.
 */
const guard = `
end
local args, own, guarded = #ARGV - 2 * #KEYS, {}, {}
for i = 1, args do own[i] = ARGV[i] end
for i, key in ipairs(KEYS) do guarded[i] = {key, ARGV[args + 2 * i - 1], ARGV[args + 2 * i]} end
local ended, reply = pcall(script, {unpack(KEYS)}, own)
for _, each in ipairs(guarded) do
  local key, ttl, longest = unpack(each)
  if tonumber(longest) > 0 then
    local left = redis.call('PTTL', key)
    if left == -1 then
      redis.call('PEXPIRE', key, ttl)
    elseif left > tonumber(longest) then
      redis.call('PEXPIRE', key, longest)
    end
  end
end
if ended and not (type(reply) == 'table' and reply.err) then return {1, reply} end
return {0, type(reply) == 'table' and reply.err or tostring(reply)}
`;

/** What is embedded and sent. One that writes nothing goes as it is; the lines of the others keep their numbers. */
export function guardedScript(source: string, writes: boolean): string {
  if (!writes) return source;
  const end = source.indexOf("\n");
  const [header, body] = end < 0 ? [source, ""] : [source.slice(0, end), source.slice(end + 1)];
  return `${header.trimEnd()}\nlocal function script(KEYS, ARGV, ...) ${body}${guard}`;
}
