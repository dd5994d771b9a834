/**
 * The protocol's version, in the first byte. Version 1 (2007-2008) had its header fields in another order and is
 * extinct.
 */
export const VERSION = 2;
/** The address family in the second byte: AF_INET is 2 on every system that runs spamd. */
export const FAMILY_IPV4 = 2;

export const HEADER_SIZE = 32;
export const LENGTH_AT = 2;
export const COUNTER_AT = 4;
export const HMAC_AT = 8;
export const HMAC_SIZE = 20;

/** A TLV's own header: type and length, two bytes each. */
export const TLV_HEADER_SIZE = 4;
/** The part of a GREY TLV before its strings: TLV header, timestamp, address, and the three lengths. */
export const GREY_HEADER_SIZE = 18;
/** A WHITE, a TRAPPED, or one of greyd's removals: TLV header, timestamp, expiry, address. */
export const ADDRESS_TLV_SIZE = 16;
/** A GREY TLV is rounded up to a multiple of this. */
export const GREY_ALIGN = 16;

export const MIN_SIZE = HEADER_SIZE + TLV_HEADER_SIZE;
/** The size of the receivers' buffer: the kernel cuts off a longer datagram, and the receiver refuses it. */
export const MAX_SIZE = 1408;

export const TYPE_END = 0;
export const TYPE_GREY = 1;
export const TYPE_WHITE = 2;
export const TYPE_TRAPPED = 3;
/** Only greyd knows the two removals; spamd stops reading at them. */
export const TYPE_REMOVE_WHITE = 4;
export const TYPE_REMOVE_TRAPPED = 5;
