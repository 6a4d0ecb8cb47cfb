/** Step 7: what goes wrong elsewhere, and does not get as far as Redis here. */
import { type ErrorCode, KeywrightError } from "keywright";
import { expect, expectThat } from "../../shared/expecting.js";
import { code, commands, heading, line, quote, story } from "../../shared/printing.js";
import type { Services, World } from "./world.js";

interface Accident {
  readonly shown: string;
  readonly code: ErrorCode;
  act(services: Services): Promise<unknown>;
}

const token = "zL0nNqZ3c6v1xW8u";

const calls: readonly Accident[] = [
  {
    shown: 'presence.activeLocation.set({ userId: "42" }, { lat: 512, … })',
    code: "invalid-value",
    act: ({ presence }) =>
      presence.activeLocation.set({ userId: "42" }, { lat: 512, lng: 0, updated_at: "2026-01-02T03:04:05Z" }),
  },
  {
    shown: 'friends.userPrivacy.invalidate({ userId: "*" })',
    code: "invalid-parameter",
    act: ({ friends }) => friends.userPrivacy.invalidate({ userId: "*" }),
  },
  {
    shown: 'gateway.loginByIp.consume({ ip: "203.0.113.999" })',
    code: "invalid-parameter",
    act: ({ gateway }) => gateway.loginByIp.consume({ ip: "203.0.113.999" }),
  },
  {
    shown: 'identity.refreshToken.set({ token }, "42")  // forgot how long: does not compile',
    code: "invalid-argument",
    act: ({ identity }) =>
      // @ts-expect-error the schema leaves the TTL to the caller
      identity.refreshToken.set({ token }, "42"),
  },
  {
    shown: "gateway.refreshToken.delete({ token })  // does not compile either",
    code: "forbidden",
    act: ({ gateway }) =>
      // @ts-expect-error gateway only reads refreshToken; it is written by identity
      gateway.refreshToken.delete({ token }),
  },
];

export async function accidents(world: World): Promise<void> {
  heading("7 Accidents that do not happen");
  story("Each of these calls ends with a typed error before anything is sent.");
  for (const accident of calls) await happen(world, accident);
}

async function happen({ services, measuring }: World, accident: Accident): Promise<void> {
  const outcome = await measuring.measure(async () => {
    try {
      await accident.act(services);
      return undefined;
    } catch (error) {
      return error;
    }
  });
  const error = outcome.result;
  expectThat(`${accident.shown} fails with an error of Keywright`, error instanceof KeywrightError);
  if (!(error instanceof KeywrightError)) return;
  expect(accident.shown, error.code, accident.code);
  expect(`${accident.shown}: commands`, outcome.sent.length, 0);
  line();
  code(accident.shown);
  quote(`${error.name}: ${error.message}`);
  commands(outcome);
}
