import { spawn } from "node:child_process";

/**
 * Runs a program to its end and gives its standard output. After `timeout` milliseconds the program and everything it
 * started are killed: it runs in a process group of its own.
 *
 * @throws Error with the program's own last words.
 */
export function runProgram(
  program: string,
  args: readonly string[],
  options: { cwd: string; env: NodeJS.ProcessEnv; timeout: number; signal?: AbortSignal },
): Promise<string> {
  return new Promise((done, fail) => {
    const child = spawn(program, args, {
      cwd: options.cwd,
      env: options.env,
      detached: process.platform !== "win32",
      stdio: ["ignore", "pipe", "pipe"],
    });
    let stdout = "";
    let stderr = "";
    let stopped: Error | undefined;
    const stop = (reason: Error) => {
      stopped ??= reason;
      killGroup(child.pid);
    };
    const seconds = Math.round(options.timeout / 1000);
    const timer = setTimeout(() => stop(new Error(`${program} was not done after ${seconds} s`)), options.timeout);
    const abort = () => stop(options.signal?.reason as Error);
    options.signal?.addEventListener("abort", abort);
    child.stdout.on("data", (chunk) => (stdout += chunk));
    child.stderr.on("data", (chunk) => (stderr += chunk));
    const settle = (error: Error | undefined) => {
      clearTimeout(timer);
      options.signal?.removeEventListener("abort", abort);
      if (error === undefined) done(stdout);
      else fail(error);
    };
    child.on("error", (error) => settle(error));
    child.on("close", (code, signal) => {
      if (stopped !== undefined) settle(stopped);
      else if (code === 0) settle(undefined);
      else
        settle(
          new Error(`${program} ${args.at(-1) ?? ""} ended with ${signal ?? code}: ${lastWords(stderr || stdout)}`),
        );
    });
  });
}

function killGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(process.platform === "win32" ? pid : -pid, "SIGKILL");
  } catch {
    // It has ended meanwhile.
  }
}

function lastWords(text: string): string {
  const lines = text.split("\n").filter((line) => line.trim() !== "");
  // apt marks what went wrong with "E:"; elsewhere the end says most.
  const errors = lines.filter((line) => line.startsWith("E:"));
  return (errors.length > 0 ? errors : lines).slice(-3).join(" / ");
}
