export interface Address {
  readonly host: string;
  readonly port: number;
}

/** The `nodeAddressMap` of a Cluster or of Sentinel. */
export type AddressMap = Readonly<Record<string, Address>> | ((address: string) => Address | undefined);

/**
 * Where to reach a server that others know by another address.
 *
 * @param address `HOST:PORT`
 * @returns undefined if the map does not have it
 */
export function mappedAddress(address: string, map: AddressMap | undefined): Address | undefined {
  return typeof map === 'function' ? map(address) : map?.[address];
}
