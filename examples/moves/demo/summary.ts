/** What it came to; every zero of it was checked. */
import { colors, count, heading, line } from "../../shared/printing.js";
import type { Codes } from "./load/codes.js";
import type { Rooms } from "./load/rooms.js";
import type { Sessions } from "./load/sessions.js";

export interface Outcome {
  readonly deploys: number;
  readonly old: number;
  readonly new: number;
  readonly sessions: Sessions["counts"];
  readonly codes: Codes["counts"];
  readonly rooms: Rooms["counts"];
}

export function summary({ deploys, old, new: fresh, sessions, codes, rooms }: Outcome): void {
  heading("8 What it came to");
  row(deploys, "deploys", `${count(old)} calls by old and ${count(fresh)} by new versions, side by side`);
  row(
    sessions.opened,
    "sessions",
    `read ${count(sessions.read)} times, written ${count(sessions.refreshed)} times, ${count(sessions.ended)} ended`,
  );
  zero(sessions.signedOut, "signed out", `${count(sessions.back)} came back after their end`);
  row(
    codes.issued,
    "codes",
    `${count(codes.verified)} verified, ${count(codes.mistyped)} times mistyped, ${count(codes.tooSoon)} asked for too soon`,
  );
  zero(
    codes.refused,
    "refused",
    `${count(codes.twice)} counted twice, ${count(codes.uncounted)} attempts forgotten, ${count(codes.flooded)} cooldowns forgotten`,
  );
  row(rooms.pushed, "messages", `read ${count(rooms.read)} times, ${count(rooms.loaded)} of them from the database`);
  zero(rooms.lost, "lost", "or out of their order");
  row(rooms.heartbeats, "visits", `${count(rooms.unseen)} not seen, ${count(rooms.ghosts)} seen after they had gone`);
  line();
  line(`  ${colors.bold("Nobody was signed out, no code was refused, no message was lost.")}`);
}

function row(n: number, what: string, text: string): void {
  line(`  ${count(n).padStart(10)} ${what.padEnd(12)}${colors.dim(text)}`);
}

function zero(n: number, what: string, text: string): void {
  line(`  ${colors.green(count(n).padStart(10))} ${what.padEnd(12)}${colors.dim(text)}`);
}
