/**
 * What the clients under chaos are given, in one place: what is recommended to services.
 *
 * @module
 */
import { recommendedClientOptions } from "../../src/clients/recommended-options.js";

export const clientOptions = recommendedClientOptions("client");

export const clusterOptions = recommendedClientOptions("cluster");

export const sentinelOptions = recommendedClientOptions("sentinel");
