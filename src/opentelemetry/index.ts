/**
 * Spans and metrics for OpenTelemetry, by its semantic conventions for database clients. Import it from
 * `keywright/opentelemetry`; it needs `@opentelemetry/api`, which the rest of Keywright does not.
 *
 * @module
 */
export { type InstrumentOptions, instrument } from "./instrument.js";
