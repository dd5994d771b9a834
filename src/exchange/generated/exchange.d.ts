import * as $protobuf from "protobufjs/minimal.js";
import Long = require("long");

/** Namespace spamdsyncexchange. */
export namespace spamdsyncexchange {

    /**
     * Properties of a Hello.
     * @deprecated Use spamdsyncexchange.Hello.$Properties instead.
     */
    interface IHello extends spamdsyncexchange.Hello.$Properties {
    }

    /** Represents a Hello. */
    class Hello {

        /**
         * Constructs a new Hello.
         * @param [properties] Properties to set
         */
        constructor(properties?: spamdsyncexchange.Hello.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** Hello version. */
        version: number;

        /** Hello instance. */
        instance: Uint8Array;

        /** Hello time. */
        time: number;

        /**
         * Encodes the specified Hello message. Does not implicitly {@link spamdsyncexchange.Hello.verify|verify} messages.
         * @param message Hello message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: spamdsyncexchange.Hello.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes a Hello message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {spamdsyncexchange.Hello & spamdsyncexchange.Hello.$Shape} Hello
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): spamdsyncexchange.Hello & spamdsyncexchange.Hello.$Shape;
    }

    namespace Hello {

        /** Properties of a Hello. */
        interface $Properties {

            /** Hello version */
            version?: (number|null);

            /** Hello instance */
            instance?: (Uint8Array|null);

            /** Hello time */
            time?: (number|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of a Hello. */
        type $Shape = spamdsyncexchange.Hello.$Properties;
    }

    /**
     * Properties of a Sums.
     * @deprecated Use spamdsyncexchange.Sums.$Properties instead.
     */
    interface ISums extends spamdsyncexchange.Sums.$Properties {
    }

    /** Represents a Sums. */
    class Sums {

        /**
         * Constructs a new Sums.
         * @param [properties] Properties to set
         */
        constructor(properties?: spamdsyncexchange.Sums.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** Sums bucket. */
        bucket: number;

        /** Sums sums. */
        sums: Uint8Array;

        /**
         * Encodes the specified Sums message. Does not implicitly {@link spamdsyncexchange.Sums.verify|verify} messages.
         * @param message Sums message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: spamdsyncexchange.Sums.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes a Sums message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {spamdsyncexchange.Sums & spamdsyncexchange.Sums.$Shape} Sums
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): spamdsyncexchange.Sums & spamdsyncexchange.Sums.$Shape;
    }

    namespace Sums {

        /** Properties of a Sums. */
        interface $Properties {

            /** Sums bucket */
            bucket?: (number|null);

            /** Sums sums */
            sums?: (Uint8Array|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of a Sums. */
        type $Shape = spamdsyncexchange.Sums.$Properties;
    }

    /**
     * Properties of an Ask.
     * @deprecated Use spamdsyncexchange.Ask.$Properties instead.
     */
    interface IAsk extends spamdsyncexchange.Ask.$Properties {
    }

    /** Represents an Ask. */
    class Ask {

        /**
         * Constructs a new Ask.
         * @param [properties] Properties to set
         */
        constructor(properties?: spamdsyncexchange.Ask.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** Ask salt. */
        salt: number;

        /** Ask sums. */
        sums: Uint8Array;

        /**
         * Encodes the specified Ask message. Does not implicitly {@link spamdsyncexchange.Ask.verify|verify} messages.
         * @param message Ask message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: spamdsyncexchange.Ask.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes an Ask message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {spamdsyncexchange.Ask & spamdsyncexchange.Ask.$Shape} Ask
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): spamdsyncexchange.Ask & spamdsyncexchange.Ask.$Shape;
    }

    namespace Ask {

        /** Properties of an Ask. */
        interface $Properties {

            /** Ask salt */
            salt?: (number|null);

            /** Ask sums */
            sums?: (Uint8Array|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of an Ask. */
        type $Shape = spamdsyncexchange.Ask.$Properties;
    }

    /**
     * Properties of a Leaf.
     * @deprecated Use spamdsyncexchange.Leaf.$Properties instead.
     */
    interface ILeaf extends spamdsyncexchange.Leaf.$Properties {
    }

    /** Represents a Leaf. */
    class Leaf {

        /**
         * Constructs a new Leaf.
         * @param [properties] Properties to set
         */
        constructor(properties?: spamdsyncexchange.Leaf.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** Leaf leaf. */
        leaf: number;

        /** Leaf hashes. */
        hashes: Uint8Array;

        /**
         * Encodes the specified Leaf message. Does not implicitly {@link spamdsyncexchange.Leaf.verify|verify} messages.
         * @param message Leaf message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: spamdsyncexchange.Leaf.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes a Leaf message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {spamdsyncexchange.Leaf & spamdsyncexchange.Leaf.$Shape} Leaf
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): spamdsyncexchange.Leaf & spamdsyncexchange.Leaf.$Shape;
    }

    namespace Leaf {

        /** Properties of a Leaf. */
        interface $Properties {

            /** Leaf leaf */
            leaf?: (number|null);

            /** Leaf hashes */
            hashes?: (Uint8Array|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of a Leaf. */
        type $Shape = spamdsyncexchange.Leaf.$Properties;
    }

    /**
     * Properties of a Leaves.
     * @deprecated Use spamdsyncexchange.Leaves.$Properties instead.
     */
    interface ILeaves extends spamdsyncexchange.Leaves.$Properties {
    }

    /** Represents a Leaves. */
    class Leaves {

        /**
         * Constructs a new Leaves.
         * @param [properties] Properties to set
         */
        constructor(properties?: spamdsyncexchange.Leaves.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** Leaves leaf. */
        leaf: spamdsyncexchange.Leaf.$Properties[];

        /** Leaves end. */
        end: boolean;

        /** Leaves whole. */
        whole: number;

        /**
         * Encodes the specified Leaves message. Does not implicitly {@link spamdsyncexchange.Leaves.verify|verify} messages.
         * @param message Leaves message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: spamdsyncexchange.Leaves.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes a Leaves message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {spamdsyncexchange.Leaves & spamdsyncexchange.Leaves.$Shape} Leaves
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): spamdsyncexchange.Leaves & spamdsyncexchange.Leaves.$Shape;
    }

    namespace Leaves {

        /** Properties of a Leaves. */
        interface $Properties {

            /** Leaves leaf */
            leaf?: (spamdsyncexchange.Leaf.$Properties[]|null);

            /** Leaves end */
            end?: (boolean|null);

            /** Leaves whole */
            whole?: (number|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of a Leaves. */
        type $Shape = spamdsyncexchange.Leaves.$Properties;
    }

    /**
     * Properties of an Item.
     * @deprecated Use spamdsyncexchange.Item.$Properties instead.
     */
    interface IItem extends spamdsyncexchange.Item.$Properties {
    }

    /** Represents an Item. */
    class Item {

        /**
         * Constructs a new Item.
         * @param [properties] Properties to set
         */
        constructor(properties?: spamdsyncexchange.Item.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** Item key. */
        key: string;

        /** Item tuple. */
        tuple: Uint8Array;

        /** Item address. */
        address: Uint8Array;

        /**
         * Encodes the specified Item message. Does not implicitly {@link spamdsyncexchange.Item.verify|verify} messages.
         * @param message Item message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: spamdsyncexchange.Item.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes an Item message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {spamdsyncexchange.Item & spamdsyncexchange.Item.$Shape} Item
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): spamdsyncexchange.Item & spamdsyncexchange.Item.$Shape;
    }

    namespace Item {

        /** Properties of an Item. */
        interface $Properties {

            /** Item key */
            key?: (string|null);

            /** Item tuple */
            tuple?: (Uint8Array|null);

            /** Item address */
            address?: (Uint8Array|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of an Item. */
        type $Shape = spamdsyncexchange.Item.$Properties;
    }

    /**
     * Properties of an Items.
     * @deprecated Use spamdsyncexchange.Items.$Properties instead.
     */
    interface IItems extends spamdsyncexchange.Items.$Properties {
    }

    /** Represents an Items. */
    class Items {

        /**
         * Constructs a new Items.
         * @param [properties] Properties to set
         */
        constructor(properties?: spamdsyncexchange.Items.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** Items item. */
        item: spamdsyncexchange.Item.$Properties[];

        /** Items end. */
        end: boolean;

        /**
         * Encodes the specified Items message. Does not implicitly {@link spamdsyncexchange.Items.verify|verify} messages.
         * @param message Items message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: spamdsyncexchange.Items.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes an Items message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {spamdsyncexchange.Items & spamdsyncexchange.Items.$Shape} Items
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): spamdsyncexchange.Items & spamdsyncexchange.Items.$Shape;
    }

    namespace Items {

        /** Properties of an Items. */
        interface $Properties {

            /** Items item */
            item?: (spamdsyncexchange.Item.$Properties[]|null);

            /** Items end */
            end?: (boolean|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of an Items. */
        type $Shape = spamdsyncexchange.Items.$Properties;
    }

    /**
     * Properties of a Buckets.
     * @deprecated Use spamdsyncexchange.Buckets.$Properties instead.
     */
    interface IBuckets extends spamdsyncexchange.Buckets.$Properties {
    }

    /** Represents a Buckets. */
    class Buckets {

        /**
         * Constructs a new Buckets.
         * @param [properties] Properties to set
         */
        constructor(properties?: spamdsyncexchange.Buckets.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** Buckets sums. */
        sums: spamdsyncexchange.Sums.$Properties[];

        /**
         * Encodes the specified Buckets message. Does not implicitly {@link spamdsyncexchange.Buckets.verify|verify} messages.
         * @param message Buckets message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: spamdsyncexchange.Buckets.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes a Buckets message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {spamdsyncexchange.Buckets & spamdsyncexchange.Buckets.$Shape} Buckets
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): spamdsyncexchange.Buckets & spamdsyncexchange.Buckets.$Shape;
    }

    namespace Buckets {

        /** Properties of a Buckets. */
        interface $Properties {

            /** Buckets sums */
            sums?: (spamdsyncexchange.Sums.$Properties[]|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of a Buckets. */
        type $Shape = spamdsyncexchange.Buckets.$Properties;
    }

    /**
     * Properties of an Entry.
     * @deprecated Use spamdsyncexchange.Entry.$Properties instead.
     */
    interface IEntry extends spamdsyncexchange.Entry.$Properties {
    }

    /** Represents an Entry. */
    class Entry {

        /**
         * Constructs a new Entry.
         * @param [properties] Properties to set
         */
        constructor(properties?: spamdsyncexchange.Entry.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** Entry type. */
        type: string;

        /** Entry ip. */
        ip: string;

        /** Entry helo. */
        helo: string;

        /** Entry from. */
        from: string;

        /** Entry to. */
        to: string;

        /** Entry timestamp. */
        timestamp: number;

        /** Entry expires. */
        expires: number;

        /**
         * Encodes the specified Entry message. Does not implicitly {@link spamdsyncexchange.Entry.verify|verify} messages.
         * @param message Entry message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: spamdsyncexchange.Entry.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes an Entry message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {spamdsyncexchange.Entry & spamdsyncexchange.Entry.$Shape} Entry
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): spamdsyncexchange.Entry & spamdsyncexchange.Entry.$Shape;
    }

    namespace Entry {

        /** Properties of an Entry. */
        interface $Properties {

            /** Entry type */
            type?: (string|null);

            /** Entry ip */
            ip?: (string|null);

            /** Entry helo */
            helo?: (string|null);

            /** Entry from */
            from?: (string|null);

            /** Entry to */
            to?: (string|null);

            /** Entry timestamp */
            timestamp?: (number|null);

            /** Entry expires */
            expires?: (number|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of an Entry. */
        type $Shape = spamdsyncexchange.Entry.$Properties;
    }

    /**
     * Properties of a Message.
     * @deprecated Use spamdsyncexchange.Message.$Properties instead.
     */
    interface IMessage extends spamdsyncexchange.Message.$Properties {
    }

    /** Represents a Message. */
    class Message {

        /**
         * Constructs a new Message.
         * @param [properties] Properties to set
         */
        constructor(properties?: spamdsyncexchange.Message.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** Message hello. */
        hello?: (spamdsyncexchange.Hello.$Properties|null);

        /** Message ask. */
        ask?: (spamdsyncexchange.Ask.$Properties|null);

        /** Message compare. */
        compare?: (spamdsyncexchange.Buckets.$Properties|null);

        /** Message want. */
        want?: (spamdsyncexchange.Leaves.$Properties|null);

        /** Message differ. */
        differ?: (spamdsyncexchange.Buckets.$Properties|null);

        /** Message listing. */
        listing?: (spamdsyncexchange.Leaves.$Properties|null);

        /** Message items. */
        items?: (spamdsyncexchange.Items.$Properties|null);

        /** Message live. */
        live: spamdsyncexchange.Entry.$Properties[];

        /**
         * Encodes the specified Message message. Does not implicitly {@link spamdsyncexchange.Message.verify|verify} messages.
         * @param message Message message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: spamdsyncexchange.Message.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes a Message message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {spamdsyncexchange.Message & spamdsyncexchange.Message.$Shape} Message
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): spamdsyncexchange.Message & spamdsyncexchange.Message.$Shape;
    }

    namespace Message {

        /** Properties of a Message. */
        interface $Properties {

            /** Message hello */
            hello?: (spamdsyncexchange.Hello.$Properties|null);

            /** Message ask */
            ask?: (spamdsyncexchange.Ask.$Properties|null);

            /** Message compare */
            compare?: (spamdsyncexchange.Buckets.$Properties|null);

            /** Message want */
            want?: (spamdsyncexchange.Leaves.$Properties|null);

            /** Message differ */
            differ?: (spamdsyncexchange.Buckets.$Properties|null);

            /** Message listing */
            listing?: (spamdsyncexchange.Leaves.$Properties|null);

            /** Message items */
            items?: (spamdsyncexchange.Items.$Properties|null);

            /** Message live */
            live?: (spamdsyncexchange.Entry.$Properties[]|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of a Message. */
        type $Shape = spamdsyncexchange.Message.$Properties;
    }
}
