import { type ChildProcess, spawn } from "node:child_process";

/**
 * Kills our servers and removes their folders however this process ends: by exit, a crash, Ctrl-C, even SIGKILL.
 *
 * One small process reads from a pipe what is to be cleaned up; when this process is gone, the kernel closes the pipe,
 * and it does its work and ends. No signal handler is needed here, so none of the user's is disturbed. It runs in a
 * session of its own: a signal to our process group, as Ctrl-C sends it, does not reach it.
 */
const SCRIPT = `
const { rmSync } = require("node:fs");
const pids = new Set();
const folders = new Set();
let rest = "";
process.stdin.on("data", (chunk) => {
  const lines = (rest + chunk).split("\\n");
  rest = lines.pop();
  for (const line of lines) {
    const [act, kind, value] = JSON.parse(line);
    (kind === "pid" ? pids : folders)[act](value);
  }
});
process.stdin.on("error", () => {});
process.stdin.once("close", async () => {
  for (const pid of pids) {
    try { process.kill(pid, "SIGKILL"); } catch {}
  }
  // A server that is just dying may still write a file into its folder.
  for (let attempt = 0; attempt < 20; attempt++) {
    for (const folder of folders) {
      try { rmSync(folder, { recursive: true, force: true }); } catch {}
    }
    await new Promise((done) => setTimeout(done, 10 * attempt));
  }
});
`;

type Charge = readonly ["pid", number] | readonly ["folder", string];

const charges = new Map<number | string, Charge>();
let watchdog: ChildProcess | undefined;

/** From now on `value` does not outlive this process. Call it for a folder before making it, for a pid at once. */
export function watch(...charge: Charge): void {
  charges.set(charge[1], charge);
  if (watchdog === undefined) start();
  else tell("add", charge);
}

/** The process has ended, or the folder is gone: its number or name may now be someone else's. */
export function unwatch(value: number | string): void {
  const charge = charges.get(value);
  if (charge === undefined) return;
  charges.delete(value);
  tell("delete", charge);
}

function start(): void {
  const child = spawn(process.execPath, ["-e", SCRIPT], {
    detached: true,
    stdio: ["pipe", "ignore", "ignore"],
    // No loader or inspector settings of the parent: it must start fast and under any of them.
    env: { ...process.env, NODE_OPTIONS: "" },
  });
  watchdog = child;
  // It shall not keep this process alive.
  child.unref();
  (child.stdin as unknown as { unref(): void }).unref();
  child.stdin?.on("error", () => undefined);
  const lost = () => {
    if (watchdog !== child) return;
    watchdog = undefined;
    if (charges.size > 0) start();
  };
  child.on("exit", lost);
  for (const charge of charges.values()) tell("add", charge);
}

function tell(act: "add" | "delete", charge: Charge): void {
  watchdog?.stdin?.write(`${JSON.stringify([act, ...charge])}\n`);
}
