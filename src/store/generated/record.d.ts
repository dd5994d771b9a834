import * as $protobuf from "protobufjs/minimal.js";
import Long = require("long");

/** Namespace spamdsync. */
export namespace spamdsync {

    /**
     * Properties of a Tuple.
     * @deprecated Use spamdsync.Tuple.$Properties instead.
     */
    interface ITuple extends spamdsync.Tuple.$Properties {
    }

    /** Represents a Tuple. */
    class Tuple {

        /**
         * Constructs a new Tuple.
         * @param [properties] Properties to set
         */
        constructor(properties?: spamdsync.Tuple.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** Tuple key. */
        key: string;

        /** Tuple first. */
        first: number;

        /** Tuple pass. */
        pass: number;

        /** Tuple expires. */
        expires: number;

        /** Tuple blocked. */
        blocked: number;

        /** Tuple passed. */
        passed: number;

        /** Tuple original. */
        original: string;

        /**
         * Encodes the specified Tuple message. Does not implicitly {@link spamdsync.Tuple.verify|verify} messages.
         * @param message Tuple message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: spamdsync.Tuple.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes a Tuple message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {spamdsync.Tuple & spamdsync.Tuple.$Shape} Tuple
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): spamdsync.Tuple & spamdsync.Tuple.$Shape;
    }

    namespace Tuple {

        /** Properties of a Tuple. */
        interface $Properties {

            /** Tuple key */
            key?: (string|null);

            /** Tuple first */
            first?: (number|null);

            /** Tuple pass */
            pass?: (number|null);

            /** Tuple expires */
            expires?: (number|null);

            /** Tuple blocked */
            blocked?: (number|null);

            /** Tuple passed */
            passed?: (number|null);

            /** Tuple original */
            original?: (string|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of a Tuple. */
        type $Shape = spamdsync.Tuple.$Properties;
    }

    /**
     * Properties of a Claim.
     * @deprecated Use spamdsync.Claim.$Properties instead.
     */
    interface IClaim extends spamdsync.Claim.$Properties {
    }

    /** Represents a Claim. */
    class Claim {

        /**
         * Constructs a new Claim.
         * @param [properties] Properties to set
         */
        constructor(properties?: spamdsync.Claim.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** Claim at. */
        at: number;

        /** Claim expires. */
        expires: number;

        /**
         * Encodes the specified Claim message. Does not implicitly {@link spamdsync.Claim.verify|verify} messages.
         * @param message Claim message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: spamdsync.Claim.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes a Claim message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {spamdsync.Claim & spamdsync.Claim.$Shape} Claim
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): spamdsync.Claim & spamdsync.Claim.$Shape;
    }

    namespace Claim {

        /** Properties of a Claim. */
        interface $Properties {

            /** Claim at */
            at?: (number|null);

            /** Claim expires */
            expires?: (number|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of a Claim. */
        type $Shape = spamdsync.Claim.$Properties;
    }

    /**
     * Properties of an Evidence.
     * @deprecated Use spamdsync.Evidence.$Properties instead.
     */
    interface IEvidence extends spamdsync.Evidence.$Properties {
    }

    /** Represents an Evidence. */
    class Evidence {

        /**
         * Constructs a new Evidence.
         * @param [properties] Properties to set
         */
        constructor(properties?: spamdsync.Evidence.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** Evidence kind. */
        kind: string;

        /** Evidence time. */
        time: number;

        /** Evidence received. */
        received: number;

        /** Evidence source. */
        source: string;

        /** Evidence helo. */
        helo: string;

        /** Evidence from. */
        from: string;

        /** Evidence to. */
        to: string;

        /** Evidence connectedTo. */
        connectedTo: string;

        /** Evidence by. */
        by: string;

        /**
         * Encodes the specified Evidence message. Does not implicitly {@link spamdsync.Evidence.verify|verify} messages.
         * @param message Evidence message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: spamdsync.Evidence.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes an Evidence message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {spamdsync.Evidence & spamdsync.Evidence.$Shape} Evidence
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): spamdsync.Evidence & spamdsync.Evidence.$Shape;
    }

    namespace Evidence {

        /** Properties of an Evidence. */
        interface $Properties {

            /** Evidence kind */
            kind?: (string|null);

            /** Evidence time */
            time?: (number|null);

            /** Evidence received */
            received?: (number|null);

            /** Evidence source */
            source?: (string|null);

            /** Evidence helo */
            helo?: (string|null);

            /** Evidence from */
            from?: (string|null);

            /** Evidence to */
            to?: (string|null);

            /** Evidence connectedTo */
            connectedTo?: (string|null);

            /** Evidence by */
            by?: (string|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of an Evidence. */
        type $Shape = spamdsync.Evidence.$Properties;
    }

    /**
     * Properties of an Address.
     * @deprecated Use spamdsync.Address.$Properties instead.
     */
    interface IAddress extends spamdsync.Address.$Properties {
    }

    /** Represents an Address. */
    class Address {

        /**
         * Constructs a new Address.
         * @param [properties] Properties to set
         */
        constructor(properties?: spamdsync.Address.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** Address ip. */
        ip: string;

        /** Address white. */
        white: spamdsync.Claim.$Properties[];

        /** Address trapped. */
        trapped: spamdsync.Claim.$Properties[];

        /** Address whiteRemoved. */
        whiteRemoved: number;

        /** Address trappedRemoved. */
        trappedRemoved: number;

        /** Address removalsExpire. */
        removalsExpire: number;

        /** Address localWhite. */
        localWhite: number;

        /** Address trappedBy. */
        trappedBy: string;

        /** Address first. */
        first: number;

        /** Address pass. */
        pass: number;

        /** Address blocked. */
        blocked: number;

        /** Address passed. */
        passed: number;

        /** Address announcedExpires. */
        announcedExpires: number;

        /** Address announcedAt. */
        announcedAt: number;

        /** Address evidence. */
        evidence: spamdsync.Evidence.$Properties[];

        /**
         * Encodes the specified Address message. Does not implicitly {@link spamdsync.Address.verify|verify} messages.
         * @param message Address message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: spamdsync.Address.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes an Address message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {spamdsync.Address & spamdsync.Address.$Shape} Address
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): spamdsync.Address & spamdsync.Address.$Shape;
    }

    namespace Address {

        /** Properties of an Address. */
        interface $Properties {

            /** Address ip */
            ip?: (string|null);

            /** Address white */
            white?: (spamdsync.Claim.$Properties[]|null);

            /** Address trapped */
            trapped?: (spamdsync.Claim.$Properties[]|null);

            /** Address whiteRemoved */
            whiteRemoved?: (number|null);

            /** Address trappedRemoved */
            trappedRemoved?: (number|null);

            /** Address removalsExpire */
            removalsExpire?: (number|null);

            /** Address localWhite */
            localWhite?: (number|null);

            /** Address trappedBy */
            trappedBy?: (string|null);

            /** Address first */
            first?: (number|null);

            /** Address pass */
            pass?: (number|null);

            /** Address blocked */
            blocked?: (number|null);

            /** Address passed */
            passed?: (number|null);

            /** Address announcedExpires */
            announcedExpires?: (number|null);

            /** Address announcedAt */
            announcedAt?: (number|null);

            /** Address evidence */
            evidence?: (spamdsync.Evidence.$Properties[]|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of an Address. */
        type $Shape = spamdsync.Address.$Properties;
    }

    /**
     * Properties of a Spamtrap.
     * @deprecated Use spamdsync.Spamtrap.$Properties instead.
     */
    interface ISpamtrap extends spamdsync.Spamtrap.$Properties {
    }

    /** Represents a Spamtrap. */
    class Spamtrap {

        /**
         * Constructs a new Spamtrap.
         * @param [properties] Properties to set
         */
        constructor(properties?: spamdsync.Spamtrap.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** Spamtrap address. */
        address: string;

        /**
         * Encodes the specified Spamtrap message. Does not implicitly {@link spamdsync.Spamtrap.verify|verify} messages.
         * @param message Spamtrap message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: spamdsync.Spamtrap.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes a Spamtrap message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {spamdsync.Spamtrap & spamdsync.Spamtrap.$Shape} Spamtrap
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): spamdsync.Spamtrap & spamdsync.Spamtrap.$Shape;
    }

    namespace Spamtrap {

        /** Properties of a Spamtrap. */
        interface $Properties {

            /** Spamtrap address */
            address?: (string|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of a Spamtrap. */
        type $Shape = spamdsync.Spamtrap.$Properties;
    }

    /**
     * Properties of a Counts.
     * @deprecated Use spamdsync.Counts.$Properties instead.
     */
    interface ICounts extends spamdsync.Counts.$Properties {
    }

    /** Represents a Counts. */
    class Counts {

        /**
         * Constructs a new Counts.
         * @param [properties] Properties to set
         */
        constructor(properties?: spamdsync.Counts.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** Counts tuples. */
        tuples: number;

        /** Counts addresses. */
        addresses: number;

        /** Counts spamtraps. */
        spamtraps: number;

        /**
         * Encodes the specified Counts message. Does not implicitly {@link spamdsync.Counts.verify|verify} messages.
         * @param message Counts message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: spamdsync.Counts.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes a Counts message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {spamdsync.Counts & spamdsync.Counts.$Shape} Counts
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): spamdsync.Counts & spamdsync.Counts.$Shape;
    }

    namespace Counts {

        /** Properties of a Counts. */
        interface $Properties {

            /** Counts tuples */
            tuples?: (number|null);

            /** Counts addresses */
            addresses?: (number|null);

            /** Counts spamtraps */
            spamtraps?: (number|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of a Counts. */
        type $Shape = spamdsync.Counts.$Properties;
    }

    /**
     * Properties of a Meta.
     * @deprecated Use spamdsync.Meta.$Properties instead.
     */
    interface IMeta extends spamdsync.Meta.$Properties {
    }

    /** Represents a Meta. */
    class Meta {

        /**
         * Constructs a new Meta.
         * @param [properties] Properties to set
         */
        constructor(properties?: spamdsync.Meta.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** Meta format. */
        format: number;

        /** Meta counts. */
        counts?: (spamdsync.Counts.$Properties|null);

        /**
         * Encodes the specified Meta message. Does not implicitly {@link spamdsync.Meta.verify|verify} messages.
         * @param message Meta message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: spamdsync.Meta.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes a Meta message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {spamdsync.Meta & spamdsync.Meta.$Shape} Meta
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): spamdsync.Meta & spamdsync.Meta.$Shape;
    }

    namespace Meta {

        /** Properties of a Meta. */
        interface $Properties {

            /** Meta format */
            format?: (number|null);

            /** Meta counts */
            counts?: (spamdsync.Counts.$Properties|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of a Meta. */
        type $Shape = spamdsync.Meta.$Properties;
    }

    /**
     * Properties of a Snapshot.
     * @deprecated Use spamdsync.Snapshot.$Properties instead.
     */
    interface ISnapshot extends spamdsync.Snapshot.$Properties {
    }

    /** Represents a Snapshot. */
    class Snapshot {

        /**
         * Constructs a new Snapshot.
         * @param [properties] Properties to set
         */
        constructor(properties?: spamdsync.Snapshot.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** Snapshot header. */
        header?: (spamdsync.Header.$Properties|null);

        /** Snapshot tuple. */
        tuple: spamdsync.Tuple.$Properties[];

        /** Snapshot address. */
        address: spamdsync.Address.$Properties[];

        /** Snapshot spamtrap. */
        spamtrap: spamdsync.Spamtrap.$Properties[];

        /** Snapshot checkpoint. */
        checkpoint: spamdsync.Checkpoint.$Properties[];

        /** Snapshot trailer. */
        trailer?: (spamdsync.Trailer.$Properties|null);

        /**
         * Encodes the specified Snapshot message. Does not implicitly {@link spamdsync.Snapshot.verify|verify} messages.
         * @param message Snapshot message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: spamdsync.Snapshot.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes a Snapshot message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {spamdsync.Snapshot & spamdsync.Snapshot.$Shape} Snapshot
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): spamdsync.Snapshot & spamdsync.Snapshot.$Shape;
    }

    namespace Snapshot {

        /** Properties of a Snapshot. */
        interface $Properties {

            /** Snapshot header */
            header?: (spamdsync.Header.$Properties|null);

            /** Snapshot tuple */
            tuple?: (spamdsync.Tuple.$Properties[]|null);

            /** Snapshot address */
            address?: (spamdsync.Address.$Properties[]|null);

            /** Snapshot spamtrap */
            spamtrap?: (spamdsync.Spamtrap.$Properties[]|null);

            /** Snapshot checkpoint */
            checkpoint?: (spamdsync.Checkpoint.$Properties[]|null);

            /** Snapshot trailer */
            trailer?: (spamdsync.Trailer.$Properties|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of a Snapshot. */
        type $Shape = spamdsync.Snapshot.$Properties;
    }

    /**
     * Properties of a Header.
     * @deprecated Use spamdsync.Header.$Properties instead.
     */
    interface IHeader extends spamdsync.Header.$Properties {
    }

    /** Represents a Header. */
    class Header {

        /**
         * Constructs a new Header.
         * @param [properties] Properties to set
         */
        constructor(properties?: spamdsync.Header.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** Header magic. */
        magic: string;

        /** Header format. */
        format: number;

        /** Header time. */
        time: number;

        /** Header counts. */
        counts?: (spamdsync.Counts.$Properties|null);

        /**
         * Encodes the specified Header message. Does not implicitly {@link spamdsync.Header.verify|verify} messages.
         * @param message Header message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: spamdsync.Header.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes a Header message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {spamdsync.Header & spamdsync.Header.$Shape} Header
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): spamdsync.Header & spamdsync.Header.$Shape;
    }

    namespace Header {

        /** Properties of a Header. */
        interface $Properties {

            /** Header magic */
            magic?: (string|null);

            /** Header format */
            format?: (number|null);

            /** Header time */
            time?: (number|null);

            /** Header counts */
            counts?: (spamdsync.Counts.$Properties|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of a Header. */
        type $Shape = spamdsync.Header.$Properties;
    }

    /**
     * Properties of a Checkpoint.
     * @deprecated Use spamdsync.Checkpoint.$Properties instead.
     */
    interface ICheckpoint extends spamdsync.Checkpoint.$Properties {
    }

    /** Represents a Checkpoint. */
    class Checkpoint {

        /**
         * Constructs a new Checkpoint.
         * @param [properties] Properties to set
         */
        constructor(properties?: spamdsync.Checkpoint.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** Checkpoint crc. */
        crc: number;

        /**
         * Encodes the specified Checkpoint message. Does not implicitly {@link spamdsync.Checkpoint.verify|verify} messages.
         * @param message Checkpoint message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: spamdsync.Checkpoint.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes a Checkpoint message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {spamdsync.Checkpoint & spamdsync.Checkpoint.$Shape} Checkpoint
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): spamdsync.Checkpoint & spamdsync.Checkpoint.$Shape;
    }

    namespace Checkpoint {

        /** Properties of a Checkpoint. */
        interface $Properties {

            /** Checkpoint crc */
            crc?: (number|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of a Checkpoint. */
        type $Shape = spamdsync.Checkpoint.$Properties;
    }

    /**
     * Properties of a Trailer.
     * @deprecated Use spamdsync.Trailer.$Properties instead.
     */
    interface ITrailer extends spamdsync.Trailer.$Properties {
    }

    /** Represents a Trailer. */
    class Trailer {

        /**
         * Constructs a new Trailer.
         * @param [properties] Properties to set
         */
        constructor(properties?: spamdsync.Trailer.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** Trailer crc. */
        crc: number;

        /** Trailer counts. */
        counts?: (spamdsync.Counts.$Properties|null);

        /**
         * Encodes the specified Trailer message. Does not implicitly {@link spamdsync.Trailer.verify|verify} messages.
         * @param message Trailer message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: spamdsync.Trailer.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes a Trailer message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {spamdsync.Trailer & spamdsync.Trailer.$Shape} Trailer
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): spamdsync.Trailer & spamdsync.Trailer.$Shape;
    }

    namespace Trailer {

        /** Properties of a Trailer. */
        interface $Properties {

            /** Trailer crc */
            crc?: (number|null);

            /** Trailer counts */
            counts?: (spamdsync.Counts.$Properties|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of a Trailer. */
        type $Shape = spamdsync.Trailer.$Properties;
    }
}
