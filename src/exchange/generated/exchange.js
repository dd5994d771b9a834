/*eslint-disable block-scoped-var, id-length, no-control-regex, no-magic-numbers, no-mixed-operators, no-prototype-builtins, no-redeclare, no-shadow, no-var, sort-vars, default-case, jsdoc/require-param*/
import $protobuf from "protobufjs/minimal.js";

// Common aliases
const $Reader = $protobuf.Reader, $Writer = $protobuf.Writer, $util = $protobuf.util;
const $Object = $util.global.Object, $undefined = $util.global.undefined, $Error = $util.global.Error, $RangeError = $util.global.RangeError;

// Exported root namespace
const $root = $protobuf.roots["spamd-sync-exchange"] || ($protobuf.roots["spamd-sync-exchange"] = {});

export const spamdsyncexchange = $root.spamdsyncexchange = (() => {

    /**
     * Namespace spamdsyncexchange.
     * @exports spamdsyncexchange
     * @namespace
     */
    const spamdsyncexchange = {};

    spamdsyncexchange.Hello = (function() {

        /**
         * Properties of a Hello.
         * @typedef {Object} spamdsyncexchange.Hello.$Properties
         * @property {number|null} [version] Hello version
         * @property {Uint8Array|null} [instance] Hello instance
         * @property {number|null} [time] Hello time
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */

        /**
         * Properties of a Hello.
         * @memberof spamdsyncexchange
         * @interface IHello
         * @augments spamdsyncexchange.Hello.$Properties
         * @deprecated Use spamdsyncexchange.Hello.$Properties instead.
         */

        /**
         * Shape of a Hello.
         * @typedef {spamdsyncexchange.Hello.$Properties} spamdsyncexchange.Hello.$Shape
         */

        /**
         * Constructs a new Hello.
         * @memberof spamdsyncexchange
         * @classdesc Represents a Hello.
         * @constructor
         * @param {spamdsyncexchange.Hello.$Properties=} [properties] Properties to set
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */
        const Hello = function (properties) {
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        /**
         * Hello version.
         * @member {number} version
         * @memberof spamdsyncexchange.Hello
         * @instance
         */
        Hello.prototype.version = 0;

        /**
         * Hello instance.
         * @member {Uint8Array} instance
         * @memberof spamdsyncexchange.Hello
         * @instance
         */
        Hello.prototype.instance = $util.newBuffer([]);

        /**
         * Hello time.
         * @member {number} time
         * @memberof spamdsyncexchange.Hello
         * @instance
         */
        Hello.prototype.time = 0;

        /**
         * Encodes the specified Hello message. Does not implicitly {@link spamdsyncexchange.Hello.verify|verify} messages.
         * @function encode
         * @memberof spamdsyncexchange.Hello
         * @static
         * @param {spamdsyncexchange.Hello.$Properties} message Hello message or plain object to encode
         * @param {$protobuf.Writer} [writer] Writer to encode to
         * @returns {$protobuf.Writer} Writer
         */
        Hello.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.version != null && $Object.hasOwnProperty.call(message, "version"))
                writer.uint32(/* id 1, wireType 0 =*/8).uint32(message.version);
            if (message.instance != null && $Object.hasOwnProperty.call(message, "instance"))
                writer.uint32(/* id 2, wireType 2 =*/18).bytes(message.instance);
            if (message.time != null && $Object.hasOwnProperty.call(message, "time"))
                writer.uint32(/* id 3, wireType 0 =*/24).uint32(message.time);
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        /**
         * Decodes a Hello message from the specified reader or buffer.
         * @function decode
         * @memberof spamdsyncexchange.Hello
         * @static
         * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
         * @param {number} [length] Message length if known beforehand
         * @returns {spamdsyncexchange.Hello & spamdsyncexchange.Hello.$Shape} Hello
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        Hello.decode = function (reader, length, _end, _depth, _target) {
            if (!(reader instanceof $Reader))
                reader = $Reader.create(reader);
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $Reader.recursionLimit)
                throw $Error("max depth exceeded");
            let end, message;
            if (length === $undefined)
                end = reader.len;
            else {
                end = reader.pos + length;
                if (end > reader.len)
                    throw $RangeError("index out of range");
                length = reader.len;
                reader.len = end;
            }
            message = _target || new $root.spamdsyncexchange.Hello();
            while (reader.pos < end) {
                let start = reader.pos;
                let tag = reader.tag();
                if (tag === _end) {
                    _end = $undefined;
                    break;
                }
                let wireType = tag & 7;
                switch (tag >>>= 3) {
                case 1: {
                        if (wireType !== 0)
                            break;
                        message.version = reader.uint32();
                        continue;
                    }
                case 2: {
                        if (wireType !== 2)
                            break;
                        message.instance = reader.bytes();
                        continue;
                    }
                case 3: {
                        if (wireType !== 0)
                            break;
                        message.time = reader.uint32();
                        continue;
                    }
                }
                reader.skipType(wireType, _depth, tag);
                if (!reader.discardUnknown) {
                    $util.makeProp(message, "$unknowns", false);
                    (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                }
            }
            if (length !== $undefined) {
                if (reader.pos !== end)
                    throw $RangeError("index out of range");
                reader.len = length;
            }
            if (_end !== $undefined)
                throw $Error("missing end group");
            return message;
        };

        return Hello;
    })();

    spamdsyncexchange.Sums = (function() {

        /**
         * Properties of a Sums.
         * @typedef {Object} spamdsyncexchange.Sums.$Properties
         * @property {number|null} [bucket] Sums bucket
         * @property {Uint8Array|null} [sums] Sums sums
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */

        /**
         * Properties of a Sums.
         * @memberof spamdsyncexchange
         * @interface ISums
         * @augments spamdsyncexchange.Sums.$Properties
         * @deprecated Use spamdsyncexchange.Sums.$Properties instead.
         */

        /**
         * Shape of a Sums.
         * @typedef {spamdsyncexchange.Sums.$Properties} spamdsyncexchange.Sums.$Shape
         */

        /**
         * Constructs a new Sums.
         * @memberof spamdsyncexchange
         * @classdesc Represents a Sums.
         * @constructor
         * @param {spamdsyncexchange.Sums.$Properties=} [properties] Properties to set
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */
        const Sums = function (properties) {
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        /**
         * Sums bucket.
         * @member {number} bucket
         * @memberof spamdsyncexchange.Sums
         * @instance
         */
        Sums.prototype.bucket = 0;

        /**
         * Sums sums.
         * @member {Uint8Array} sums
         * @memberof spamdsyncexchange.Sums
         * @instance
         */
        Sums.prototype.sums = $util.newBuffer([]);

        /**
         * Encodes the specified Sums message. Does not implicitly {@link spamdsyncexchange.Sums.verify|verify} messages.
         * @function encode
         * @memberof spamdsyncexchange.Sums
         * @static
         * @param {spamdsyncexchange.Sums.$Properties} message Sums message or plain object to encode
         * @param {$protobuf.Writer} [writer] Writer to encode to
         * @returns {$protobuf.Writer} Writer
         */
        Sums.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.bucket != null && $Object.hasOwnProperty.call(message, "bucket"))
                writer.uint32(/* id 1, wireType 0 =*/8).uint32(message.bucket);
            if (message.sums != null && $Object.hasOwnProperty.call(message, "sums"))
                writer.uint32(/* id 2, wireType 2 =*/18).bytes(message.sums);
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        /**
         * Decodes a Sums message from the specified reader or buffer.
         * @function decode
         * @memberof spamdsyncexchange.Sums
         * @static
         * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
         * @param {number} [length] Message length if known beforehand
         * @returns {spamdsyncexchange.Sums & spamdsyncexchange.Sums.$Shape} Sums
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        Sums.decode = function (reader, length, _end, _depth, _target) {
            if (!(reader instanceof $Reader))
                reader = $Reader.create(reader);
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $Reader.recursionLimit)
                throw $Error("max depth exceeded");
            let end, message;
            if (length === $undefined)
                end = reader.len;
            else {
                end = reader.pos + length;
                if (end > reader.len)
                    throw $RangeError("index out of range");
                length = reader.len;
                reader.len = end;
            }
            message = _target || new $root.spamdsyncexchange.Sums();
            while (reader.pos < end) {
                let start = reader.pos;
                let tag = reader.tag();
                if (tag === _end) {
                    _end = $undefined;
                    break;
                }
                let wireType = tag & 7;
                switch (tag >>>= 3) {
                case 1: {
                        if (wireType !== 0)
                            break;
                        message.bucket = reader.uint32();
                        continue;
                    }
                case 2: {
                        if (wireType !== 2)
                            break;
                        message.sums = reader.bytes();
                        continue;
                    }
                }
                reader.skipType(wireType, _depth, tag);
                if (!reader.discardUnknown) {
                    $util.makeProp(message, "$unknowns", false);
                    (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                }
            }
            if (length !== $undefined) {
                if (reader.pos !== end)
                    throw $RangeError("index out of range");
                reader.len = length;
            }
            if (_end !== $undefined)
                throw $Error("missing end group");
            return message;
        };

        return Sums;
    })();

    spamdsyncexchange.Ask = (function() {

        /**
         * Properties of an Ask.
         * @typedef {Object} spamdsyncexchange.Ask.$Properties
         * @property {number|null} [salt] Ask salt
         * @property {Uint8Array|null} [sums] Ask sums
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */

        /**
         * Properties of an Ask.
         * @memberof spamdsyncexchange
         * @interface IAsk
         * @augments spamdsyncexchange.Ask.$Properties
         * @deprecated Use spamdsyncexchange.Ask.$Properties instead.
         */

        /**
         * Shape of an Ask.
         * @typedef {spamdsyncexchange.Ask.$Properties} spamdsyncexchange.Ask.$Shape
         */

        /**
         * Constructs a new Ask.
         * @memberof spamdsyncexchange
         * @classdesc Represents an Ask.
         * @constructor
         * @param {spamdsyncexchange.Ask.$Properties=} [properties] Properties to set
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */
        const Ask = function (properties) {
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        /**
         * Ask salt.
         * @member {number} salt
         * @memberof spamdsyncexchange.Ask
         * @instance
         */
        Ask.prototype.salt = 0;

        /**
         * Ask sums.
         * @member {Uint8Array} sums
         * @memberof spamdsyncexchange.Ask
         * @instance
         */
        Ask.prototype.sums = $util.newBuffer([]);

        /**
         * Encodes the specified Ask message. Does not implicitly {@link spamdsyncexchange.Ask.verify|verify} messages.
         * @function encode
         * @memberof spamdsyncexchange.Ask
         * @static
         * @param {spamdsyncexchange.Ask.$Properties} message Ask message or plain object to encode
         * @param {$protobuf.Writer} [writer] Writer to encode to
         * @returns {$protobuf.Writer} Writer
         */
        Ask.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.salt != null && $Object.hasOwnProperty.call(message, "salt"))
                writer.uint32(/* id 1, wireType 5 =*/13).fixed32(message.salt);
            if (message.sums != null && $Object.hasOwnProperty.call(message, "sums"))
                writer.uint32(/* id 2, wireType 2 =*/18).bytes(message.sums);
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        /**
         * Decodes an Ask message from the specified reader or buffer.
         * @function decode
         * @memberof spamdsyncexchange.Ask
         * @static
         * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
         * @param {number} [length] Message length if known beforehand
         * @returns {spamdsyncexchange.Ask & spamdsyncexchange.Ask.$Shape} Ask
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        Ask.decode = function (reader, length, _end, _depth, _target) {
            if (!(reader instanceof $Reader))
                reader = $Reader.create(reader);
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $Reader.recursionLimit)
                throw $Error("max depth exceeded");
            let end, message;
            if (length === $undefined)
                end = reader.len;
            else {
                end = reader.pos + length;
                if (end > reader.len)
                    throw $RangeError("index out of range");
                length = reader.len;
                reader.len = end;
            }
            message = _target || new $root.spamdsyncexchange.Ask();
            while (reader.pos < end) {
                let start = reader.pos;
                let tag = reader.tag();
                if (tag === _end) {
                    _end = $undefined;
                    break;
                }
                let wireType = tag & 7;
                switch (tag >>>= 3) {
                case 1: {
                        if (wireType !== 5)
                            break;
                        message.salt = reader.fixed32();
                        continue;
                    }
                case 2: {
                        if (wireType !== 2)
                            break;
                        message.sums = reader.bytes();
                        continue;
                    }
                }
                reader.skipType(wireType, _depth, tag);
                if (!reader.discardUnknown) {
                    $util.makeProp(message, "$unknowns", false);
                    (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                }
            }
            if (length !== $undefined) {
                if (reader.pos !== end)
                    throw $RangeError("index out of range");
                reader.len = length;
            }
            if (_end !== $undefined)
                throw $Error("missing end group");
            return message;
        };

        return Ask;
    })();

    spamdsyncexchange.Leaf = (function() {

        /**
         * Properties of a Leaf.
         * @typedef {Object} spamdsyncexchange.Leaf.$Properties
         * @property {number|null} [leaf] Leaf leaf
         * @property {Uint8Array|null} [hashes] Leaf hashes
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */

        /**
         * Properties of a Leaf.
         * @memberof spamdsyncexchange
         * @interface ILeaf
         * @augments spamdsyncexchange.Leaf.$Properties
         * @deprecated Use spamdsyncexchange.Leaf.$Properties instead.
         */

        /**
         * Shape of a Leaf.
         * @typedef {spamdsyncexchange.Leaf.$Properties} spamdsyncexchange.Leaf.$Shape
         */

        /**
         * Constructs a new Leaf.
         * @memberof spamdsyncexchange
         * @classdesc Represents a Leaf.
         * @constructor
         * @param {spamdsyncexchange.Leaf.$Properties=} [properties] Properties to set
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */
        const Leaf = function (properties) {
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        /**
         * Leaf leaf.
         * @member {number} leaf
         * @memberof spamdsyncexchange.Leaf
         * @instance
         */
        Leaf.prototype.leaf = 0;

        /**
         * Leaf hashes.
         * @member {Uint8Array} hashes
         * @memberof spamdsyncexchange.Leaf
         * @instance
         */
        Leaf.prototype.hashes = $util.newBuffer([]);

        /**
         * Encodes the specified Leaf message. Does not implicitly {@link spamdsyncexchange.Leaf.verify|verify} messages.
         * @function encode
         * @memberof spamdsyncexchange.Leaf
         * @static
         * @param {spamdsyncexchange.Leaf.$Properties} message Leaf message or plain object to encode
         * @param {$protobuf.Writer} [writer] Writer to encode to
         * @returns {$protobuf.Writer} Writer
         */
        Leaf.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.leaf != null && $Object.hasOwnProperty.call(message, "leaf"))
                writer.uint32(/* id 1, wireType 0 =*/8).uint32(message.leaf);
            if (message.hashes != null && $Object.hasOwnProperty.call(message, "hashes"))
                writer.uint32(/* id 2, wireType 2 =*/18).bytes(message.hashes);
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        /**
         * Decodes a Leaf message from the specified reader or buffer.
         * @function decode
         * @memberof spamdsyncexchange.Leaf
         * @static
         * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
         * @param {number} [length] Message length if known beforehand
         * @returns {spamdsyncexchange.Leaf & spamdsyncexchange.Leaf.$Shape} Leaf
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        Leaf.decode = function (reader, length, _end, _depth, _target) {
            if (!(reader instanceof $Reader))
                reader = $Reader.create(reader);
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $Reader.recursionLimit)
                throw $Error("max depth exceeded");
            let end, message;
            if (length === $undefined)
                end = reader.len;
            else {
                end = reader.pos + length;
                if (end > reader.len)
                    throw $RangeError("index out of range");
                length = reader.len;
                reader.len = end;
            }
            message = _target || new $root.spamdsyncexchange.Leaf();
            while (reader.pos < end) {
                let start = reader.pos;
                let tag = reader.tag();
                if (tag === _end) {
                    _end = $undefined;
                    break;
                }
                let wireType = tag & 7;
                switch (tag >>>= 3) {
                case 1: {
                        if (wireType !== 0)
                            break;
                        message.leaf = reader.uint32();
                        continue;
                    }
                case 2: {
                        if (wireType !== 2)
                            break;
                        message.hashes = reader.bytes();
                        continue;
                    }
                }
                reader.skipType(wireType, _depth, tag);
                if (!reader.discardUnknown) {
                    $util.makeProp(message, "$unknowns", false);
                    (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                }
            }
            if (length !== $undefined) {
                if (reader.pos !== end)
                    throw $RangeError("index out of range");
                reader.len = length;
            }
            if (_end !== $undefined)
                throw $Error("missing end group");
            return message;
        };

        return Leaf;
    })();

    spamdsyncexchange.Leaves = (function() {

        /**
         * Properties of a Leaves.
         * @typedef {Object} spamdsyncexchange.Leaves.$Properties
         * @property {Array.<spamdsyncexchange.Leaf.$Properties>|null} [leaf] Leaves leaf
         * @property {boolean|null} [end] Leaves end
         * @property {number|null} [whole] Leaves whole
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */

        /**
         * Properties of a Leaves.
         * @memberof spamdsyncexchange
         * @interface ILeaves
         * @augments spamdsyncexchange.Leaves.$Properties
         * @deprecated Use spamdsyncexchange.Leaves.$Properties instead.
         */

        /**
         * Shape of a Leaves.
         * @typedef {spamdsyncexchange.Leaves.$Properties} spamdsyncexchange.Leaves.$Shape
         */

        /**
         * Constructs a new Leaves.
         * @memberof spamdsyncexchange
         * @classdesc Represents a Leaves.
         * @constructor
         * @param {spamdsyncexchange.Leaves.$Properties=} [properties] Properties to set
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */
        const Leaves = function (properties) {
            this.leaf = [];
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        /**
         * Leaves leaf.
         * @member {Array.<spamdsyncexchange.Leaf.$Properties>} leaf
         * @memberof spamdsyncexchange.Leaves
         * @instance
         */
        Leaves.prototype.leaf = $util.emptyArray;

        /**
         * Leaves end.
         * @member {boolean} end
         * @memberof spamdsyncexchange.Leaves
         * @instance
         */
        Leaves.prototype.end = false;

        /**
         * Leaves whole.
         * @member {number} whole
         * @memberof spamdsyncexchange.Leaves
         * @instance
         */
        Leaves.prototype.whole = 0;

        /**
         * Encodes the specified Leaves message. Does not implicitly {@link spamdsyncexchange.Leaves.verify|verify} messages.
         * @function encode
         * @memberof spamdsyncexchange.Leaves
         * @static
         * @param {spamdsyncexchange.Leaves.$Properties} message Leaves message or plain object to encode
         * @param {$protobuf.Writer} [writer] Writer to encode to
         * @returns {$protobuf.Writer} Writer
         */
        Leaves.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.leaf != null && message.leaf.length)
                for (let i = 0; i < message.leaf.length; ++i)
                    $root.spamdsyncexchange.Leaf.encode(message.leaf[i], writer.uint32(/* id 1, wireType 2 =*/10).fork(), _depth + 1).ldelim();
            if (message.end != null && $Object.hasOwnProperty.call(message, "end"))
                writer.uint32(/* id 2, wireType 0 =*/16).bool(message.end);
            if (message.whole != null && $Object.hasOwnProperty.call(message, "whole"))
                writer.uint32(/* id 3, wireType 0 =*/24).uint32(message.whole);
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        /**
         * Decodes a Leaves message from the specified reader or buffer.
         * @function decode
         * @memberof spamdsyncexchange.Leaves
         * @static
         * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
         * @param {number} [length] Message length if known beforehand
         * @returns {spamdsyncexchange.Leaves & spamdsyncexchange.Leaves.$Shape} Leaves
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        Leaves.decode = function (reader, length, _end, _depth, _target) {
            if (!(reader instanceof $Reader))
                reader = $Reader.create(reader);
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $Reader.recursionLimit)
                throw $Error("max depth exceeded");
            let end, message;
            if (length === $undefined)
                end = reader.len;
            else {
                end = reader.pos + length;
                if (end > reader.len)
                    throw $RangeError("index out of range");
                length = reader.len;
                reader.len = end;
            }
            message = _target || new $root.spamdsyncexchange.Leaves();
            while (reader.pos < end) {
                let start = reader.pos;
                let tag = reader.tag();
                if (tag === _end) {
                    _end = $undefined;
                    break;
                }
                let wireType = tag & 7;
                switch (tag >>>= 3) {
                case 1: {
                        if (wireType !== 2)
                            break;
                        if (!(message.leaf && message.leaf.length))
                            message.leaf = [];
                        message.leaf.push($root.spamdsyncexchange.Leaf.decode(reader, reader.size(), $undefined, _depth + 1));
                        continue;
                    }
                case 2: {
                        if (wireType !== 0)
                            break;
                        message.end = reader.bool();
                        continue;
                    }
                case 3: {
                        if (wireType !== 0)
                            break;
                        message.whole = reader.uint32();
                        continue;
                    }
                }
                reader.skipType(wireType, _depth, tag);
                if (!reader.discardUnknown) {
                    $util.makeProp(message, "$unknowns", false);
                    (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                }
            }
            if (length !== $undefined) {
                if (reader.pos !== end)
                    throw $RangeError("index out of range");
                reader.len = length;
            }
            if (_end !== $undefined)
                throw $Error("missing end group");
            return message;
        };

        return Leaves;
    })();

    spamdsyncexchange.Item = (function() {

        /**
         * Properties of an Item.
         * @typedef {Object} spamdsyncexchange.Item.$Properties
         * @property {string|null} [key] Item key
         * @property {Uint8Array|null} [tuple] Item tuple
         * @property {Uint8Array|null} [address] Item address
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */

        /**
         * Properties of an Item.
         * @memberof spamdsyncexchange
         * @interface IItem
         * @augments spamdsyncexchange.Item.$Properties
         * @deprecated Use spamdsyncexchange.Item.$Properties instead.
         */

        /**
         * Shape of an Item.
         * @typedef {spamdsyncexchange.Item.$Properties} spamdsyncexchange.Item.$Shape
         */

        /**
         * Constructs a new Item.
         * @memberof spamdsyncexchange
         * @classdesc Represents an Item.
         * @constructor
         * @param {spamdsyncexchange.Item.$Properties=} [properties] Properties to set
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */
        const Item = function (properties) {
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        /**
         * Item key.
         * @member {string} key
         * @memberof spamdsyncexchange.Item
         * @instance
         */
        Item.prototype.key = "";

        /**
         * Item tuple.
         * @member {Uint8Array} tuple
         * @memberof spamdsyncexchange.Item
         * @instance
         */
        Item.prototype.tuple = $util.newBuffer([]);

        /**
         * Item address.
         * @member {Uint8Array} address
         * @memberof spamdsyncexchange.Item
         * @instance
         */
        Item.prototype.address = $util.newBuffer([]);

        /**
         * Encodes the specified Item message. Does not implicitly {@link spamdsyncexchange.Item.verify|verify} messages.
         * @function encode
         * @memberof spamdsyncexchange.Item
         * @static
         * @param {spamdsyncexchange.Item.$Properties} message Item message or plain object to encode
         * @param {$protobuf.Writer} [writer] Writer to encode to
         * @returns {$protobuf.Writer} Writer
         */
        Item.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.key != null && $Object.hasOwnProperty.call(message, "key"))
                writer.uint32(/* id 1, wireType 2 =*/10).string(message.key);
            if (message.tuple != null && $Object.hasOwnProperty.call(message, "tuple"))
                writer.uint32(/* id 2, wireType 2 =*/18).bytes(message.tuple);
            if (message.address != null && $Object.hasOwnProperty.call(message, "address"))
                writer.uint32(/* id 3, wireType 2 =*/26).bytes(message.address);
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        /**
         * Decodes an Item message from the specified reader or buffer.
         * @function decode
         * @memberof spamdsyncexchange.Item
         * @static
         * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
         * @param {number} [length] Message length if known beforehand
         * @returns {spamdsyncexchange.Item & spamdsyncexchange.Item.$Shape} Item
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        Item.decode = function (reader, length, _end, _depth, _target) {
            if (!(reader instanceof $Reader))
                reader = $Reader.create(reader);
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $Reader.recursionLimit)
                throw $Error("max depth exceeded");
            let end, message;
            if (length === $undefined)
                end = reader.len;
            else {
                end = reader.pos + length;
                if (end > reader.len)
                    throw $RangeError("index out of range");
                length = reader.len;
                reader.len = end;
            }
            message = _target || new $root.spamdsyncexchange.Item();
            while (reader.pos < end) {
                let start = reader.pos;
                let tag = reader.tag();
                if (tag === _end) {
                    _end = $undefined;
                    break;
                }
                let wireType = tag & 7;
                switch (tag >>>= 3) {
                case 1: {
                        if (wireType !== 2)
                            break;
                        message.key = reader.string();
                        continue;
                    }
                case 2: {
                        if (wireType !== 2)
                            break;
                        message.tuple = reader.bytes();
                        continue;
                    }
                case 3: {
                        if (wireType !== 2)
                            break;
                        message.address = reader.bytes();
                        continue;
                    }
                }
                reader.skipType(wireType, _depth, tag);
                if (!reader.discardUnknown) {
                    $util.makeProp(message, "$unknowns", false);
                    (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                }
            }
            if (length !== $undefined) {
                if (reader.pos !== end)
                    throw $RangeError("index out of range");
                reader.len = length;
            }
            if (_end !== $undefined)
                throw $Error("missing end group");
            return message;
        };

        return Item;
    })();

    spamdsyncexchange.Items = (function() {

        /**
         * Properties of an Items.
         * @typedef {Object} spamdsyncexchange.Items.$Properties
         * @property {Array.<spamdsyncexchange.Item.$Properties>|null} [item] Items item
         * @property {boolean|null} [end] Items end
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */

        /**
         * Properties of an Items.
         * @memberof spamdsyncexchange
         * @interface IItems
         * @augments spamdsyncexchange.Items.$Properties
         * @deprecated Use spamdsyncexchange.Items.$Properties instead.
         */

        /**
         * Shape of an Items.
         * @typedef {spamdsyncexchange.Items.$Properties} spamdsyncexchange.Items.$Shape
         */

        /**
         * Constructs a new Items.
         * @memberof spamdsyncexchange
         * @classdesc Represents an Items.
         * @constructor
         * @param {spamdsyncexchange.Items.$Properties=} [properties] Properties to set
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */
        const Items = function (properties) {
            this.item = [];
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        /**
         * Items item.
         * @member {Array.<spamdsyncexchange.Item.$Properties>} item
         * @memberof spamdsyncexchange.Items
         * @instance
         */
        Items.prototype.item = $util.emptyArray;

        /**
         * Items end.
         * @member {boolean} end
         * @memberof spamdsyncexchange.Items
         * @instance
         */
        Items.prototype.end = false;

        /**
         * Encodes the specified Items message. Does not implicitly {@link spamdsyncexchange.Items.verify|verify} messages.
         * @function encode
         * @memberof spamdsyncexchange.Items
         * @static
         * @param {spamdsyncexchange.Items.$Properties} message Items message or plain object to encode
         * @param {$protobuf.Writer} [writer] Writer to encode to
         * @returns {$protobuf.Writer} Writer
         */
        Items.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.item != null && message.item.length)
                for (let i = 0; i < message.item.length; ++i)
                    $root.spamdsyncexchange.Item.encode(message.item[i], writer.uint32(/* id 1, wireType 2 =*/10).fork(), _depth + 1).ldelim();
            if (message.end != null && $Object.hasOwnProperty.call(message, "end"))
                writer.uint32(/* id 2, wireType 0 =*/16).bool(message.end);
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        /**
         * Decodes an Items message from the specified reader or buffer.
         * @function decode
         * @memberof spamdsyncexchange.Items
         * @static
         * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
         * @param {number} [length] Message length if known beforehand
         * @returns {spamdsyncexchange.Items & spamdsyncexchange.Items.$Shape} Items
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        Items.decode = function (reader, length, _end, _depth, _target) {
            if (!(reader instanceof $Reader))
                reader = $Reader.create(reader);
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $Reader.recursionLimit)
                throw $Error("max depth exceeded");
            let end, message;
            if (length === $undefined)
                end = reader.len;
            else {
                end = reader.pos + length;
                if (end > reader.len)
                    throw $RangeError("index out of range");
                length = reader.len;
                reader.len = end;
            }
            message = _target || new $root.spamdsyncexchange.Items();
            while (reader.pos < end) {
                let start = reader.pos;
                let tag = reader.tag();
                if (tag === _end) {
                    _end = $undefined;
                    break;
                }
                let wireType = tag & 7;
                switch (tag >>>= 3) {
                case 1: {
                        if (wireType !== 2)
                            break;
                        if (!(message.item && message.item.length))
                            message.item = [];
                        message.item.push($root.spamdsyncexchange.Item.decode(reader, reader.size(), $undefined, _depth + 1));
                        continue;
                    }
                case 2: {
                        if (wireType !== 0)
                            break;
                        message.end = reader.bool();
                        continue;
                    }
                }
                reader.skipType(wireType, _depth, tag);
                if (!reader.discardUnknown) {
                    $util.makeProp(message, "$unknowns", false);
                    (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                }
            }
            if (length !== $undefined) {
                if (reader.pos !== end)
                    throw $RangeError("index out of range");
                reader.len = length;
            }
            if (_end !== $undefined)
                throw $Error("missing end group");
            return message;
        };

        return Items;
    })();

    spamdsyncexchange.Buckets = (function() {

        /**
         * Properties of a Buckets.
         * @typedef {Object} spamdsyncexchange.Buckets.$Properties
         * @property {Array.<spamdsyncexchange.Sums.$Properties>|null} [sums] Buckets sums
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */

        /**
         * Properties of a Buckets.
         * @memberof spamdsyncexchange
         * @interface IBuckets
         * @augments spamdsyncexchange.Buckets.$Properties
         * @deprecated Use spamdsyncexchange.Buckets.$Properties instead.
         */

        /**
         * Shape of a Buckets.
         * @typedef {spamdsyncexchange.Buckets.$Properties} spamdsyncexchange.Buckets.$Shape
         */

        /**
         * Constructs a new Buckets.
         * @memberof spamdsyncexchange
         * @classdesc Represents a Buckets.
         * @constructor
         * @param {spamdsyncexchange.Buckets.$Properties=} [properties] Properties to set
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */
        const Buckets = function (properties) {
            this.sums = [];
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        /**
         * Buckets sums.
         * @member {Array.<spamdsyncexchange.Sums.$Properties>} sums
         * @memberof spamdsyncexchange.Buckets
         * @instance
         */
        Buckets.prototype.sums = $util.emptyArray;

        /**
         * Encodes the specified Buckets message. Does not implicitly {@link spamdsyncexchange.Buckets.verify|verify} messages.
         * @function encode
         * @memberof spamdsyncexchange.Buckets
         * @static
         * @param {spamdsyncexchange.Buckets.$Properties} message Buckets message or plain object to encode
         * @param {$protobuf.Writer} [writer] Writer to encode to
         * @returns {$protobuf.Writer} Writer
         */
        Buckets.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.sums != null && message.sums.length)
                for (let i = 0; i < message.sums.length; ++i)
                    $root.spamdsyncexchange.Sums.encode(message.sums[i], writer.uint32(/* id 1, wireType 2 =*/10).fork(), _depth + 1).ldelim();
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        /**
         * Decodes a Buckets message from the specified reader or buffer.
         * @function decode
         * @memberof spamdsyncexchange.Buckets
         * @static
         * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
         * @param {number} [length] Message length if known beforehand
         * @returns {spamdsyncexchange.Buckets & spamdsyncexchange.Buckets.$Shape} Buckets
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        Buckets.decode = function (reader, length, _end, _depth, _target) {
            if (!(reader instanceof $Reader))
                reader = $Reader.create(reader);
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $Reader.recursionLimit)
                throw $Error("max depth exceeded");
            let end, message;
            if (length === $undefined)
                end = reader.len;
            else {
                end = reader.pos + length;
                if (end > reader.len)
                    throw $RangeError("index out of range");
                length = reader.len;
                reader.len = end;
            }
            message = _target || new $root.spamdsyncexchange.Buckets();
            while (reader.pos < end) {
                let start = reader.pos;
                let tag = reader.tag();
                if (tag === _end) {
                    _end = $undefined;
                    break;
                }
                let wireType = tag & 7;
                switch (tag >>>= 3) {
                case 1: {
                        if (wireType !== 2)
                            break;
                        if (!(message.sums && message.sums.length))
                            message.sums = [];
                        message.sums.push($root.spamdsyncexchange.Sums.decode(reader, reader.size(), $undefined, _depth + 1));
                        continue;
                    }
                }
                reader.skipType(wireType, _depth, tag);
                if (!reader.discardUnknown) {
                    $util.makeProp(message, "$unknowns", false);
                    (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                }
            }
            if (length !== $undefined) {
                if (reader.pos !== end)
                    throw $RangeError("index out of range");
                reader.len = length;
            }
            if (_end !== $undefined)
                throw $Error("missing end group");
            return message;
        };

        return Buckets;
    })();

    spamdsyncexchange.Entry = (function() {

        /**
         * Properties of an Entry.
         * @typedef {Object} spamdsyncexchange.Entry.$Properties
         * @property {string|null} [type] Entry type
         * @property {string|null} [ip] Entry ip
         * @property {string|null} [helo] Entry helo
         * @property {string|null} [from] Entry from
         * @property {string|null} [to] Entry to
         * @property {number|null} [timestamp] Entry timestamp
         * @property {number|null} [expires] Entry expires
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */

        /**
         * Properties of an Entry.
         * @memberof spamdsyncexchange
         * @interface IEntry
         * @augments spamdsyncexchange.Entry.$Properties
         * @deprecated Use spamdsyncexchange.Entry.$Properties instead.
         */

        /**
         * Shape of an Entry.
         * @typedef {spamdsyncexchange.Entry.$Properties} spamdsyncexchange.Entry.$Shape
         */

        /**
         * Constructs a new Entry.
         * @memberof spamdsyncexchange
         * @classdesc Represents an Entry.
         * @constructor
         * @param {spamdsyncexchange.Entry.$Properties=} [properties] Properties to set
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */
        const Entry = function (properties) {
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        /**
         * Entry type.
         * @member {string} type
         * @memberof spamdsyncexchange.Entry
         * @instance
         */
        Entry.prototype.type = "";

        /**
         * Entry ip.
         * @member {string} ip
         * @memberof spamdsyncexchange.Entry
         * @instance
         */
        Entry.prototype.ip = "";

        /**
         * Entry helo.
         * @member {string} helo
         * @memberof spamdsyncexchange.Entry
         * @instance
         */
        Entry.prototype.helo = "";

        /**
         * Entry from.
         * @member {string} from
         * @memberof spamdsyncexchange.Entry
         * @instance
         */
        Entry.prototype.from = "";

        /**
         * Entry to.
         * @member {string} to
         * @memberof spamdsyncexchange.Entry
         * @instance
         */
        Entry.prototype.to = "";

        /**
         * Entry timestamp.
         * @member {number} timestamp
         * @memberof spamdsyncexchange.Entry
         * @instance
         */
        Entry.prototype.timestamp = 0;

        /**
         * Entry expires.
         * @member {number} expires
         * @memberof spamdsyncexchange.Entry
         * @instance
         */
        Entry.prototype.expires = 0;

        /**
         * Encodes the specified Entry message. Does not implicitly {@link spamdsyncexchange.Entry.verify|verify} messages.
         * @function encode
         * @memberof spamdsyncexchange.Entry
         * @static
         * @param {spamdsyncexchange.Entry.$Properties} message Entry message or plain object to encode
         * @param {$protobuf.Writer} [writer] Writer to encode to
         * @returns {$protobuf.Writer} Writer
         */
        Entry.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.type != null && $Object.hasOwnProperty.call(message, "type"))
                writer.uint32(/* id 1, wireType 2 =*/10).string(message.type);
            if (message.ip != null && $Object.hasOwnProperty.call(message, "ip"))
                writer.uint32(/* id 2, wireType 2 =*/18).string(message.ip);
            if (message.helo != null && $Object.hasOwnProperty.call(message, "helo"))
                writer.uint32(/* id 3, wireType 2 =*/26).string(message.helo);
            if (message.from != null && $Object.hasOwnProperty.call(message, "from"))
                writer.uint32(/* id 4, wireType 2 =*/34).string(message.from);
            if (message.to != null && $Object.hasOwnProperty.call(message, "to"))
                writer.uint32(/* id 5, wireType 2 =*/42).string(message.to);
            if (message.timestamp != null && $Object.hasOwnProperty.call(message, "timestamp"))
                writer.uint32(/* id 6, wireType 0 =*/48).uint32(message.timestamp);
            if (message.expires != null && $Object.hasOwnProperty.call(message, "expires"))
                writer.uint32(/* id 7, wireType 0 =*/56).uint32(message.expires);
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        /**
         * Decodes an Entry message from the specified reader or buffer.
         * @function decode
         * @memberof spamdsyncexchange.Entry
         * @static
         * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
         * @param {number} [length] Message length if known beforehand
         * @returns {spamdsyncexchange.Entry & spamdsyncexchange.Entry.$Shape} Entry
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        Entry.decode = function (reader, length, _end, _depth, _target) {
            if (!(reader instanceof $Reader))
                reader = $Reader.create(reader);
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $Reader.recursionLimit)
                throw $Error("max depth exceeded");
            let end, message;
            if (length === $undefined)
                end = reader.len;
            else {
                end = reader.pos + length;
                if (end > reader.len)
                    throw $RangeError("index out of range");
                length = reader.len;
                reader.len = end;
            }
            message = _target || new $root.spamdsyncexchange.Entry();
            while (reader.pos < end) {
                let start = reader.pos;
                let tag = reader.tag();
                if (tag === _end) {
                    _end = $undefined;
                    break;
                }
                let wireType = tag & 7;
                switch (tag >>>= 3) {
                case 1: {
                        if (wireType !== 2)
                            break;
                        message.type = reader.string();
                        continue;
                    }
                case 2: {
                        if (wireType !== 2)
                            break;
                        message.ip = reader.string();
                        continue;
                    }
                case 3: {
                        if (wireType !== 2)
                            break;
                        message.helo = reader.string();
                        continue;
                    }
                case 4: {
                        if (wireType !== 2)
                            break;
                        message.from = reader.string();
                        continue;
                    }
                case 5: {
                        if (wireType !== 2)
                            break;
                        message.to = reader.string();
                        continue;
                    }
                case 6: {
                        if (wireType !== 0)
                            break;
                        message.timestamp = reader.uint32();
                        continue;
                    }
                case 7: {
                        if (wireType !== 0)
                            break;
                        message.expires = reader.uint32();
                        continue;
                    }
                }
                reader.skipType(wireType, _depth, tag);
                if (!reader.discardUnknown) {
                    $util.makeProp(message, "$unknowns", false);
                    (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                }
            }
            if (length !== $undefined) {
                if (reader.pos !== end)
                    throw $RangeError("index out of range");
                reader.len = length;
            }
            if (_end !== $undefined)
                throw $Error("missing end group");
            return message;
        };

        return Entry;
    })();

    spamdsyncexchange.Message = (function() {

        /**
         * Properties of a Message.
         * @typedef {Object} spamdsyncexchange.Message.$Properties
         * @property {spamdsyncexchange.Hello.$Properties|null} [hello] Message hello
         * @property {spamdsyncexchange.Ask.$Properties|null} [ask] Message ask
         * @property {spamdsyncexchange.Buckets.$Properties|null} [compare] Message compare
         * @property {spamdsyncexchange.Leaves.$Properties|null} [want] Message want
         * @property {spamdsyncexchange.Buckets.$Properties|null} [differ] Message differ
         * @property {spamdsyncexchange.Leaves.$Properties|null} [listing] Message listing
         * @property {spamdsyncexchange.Items.$Properties|null} [items] Message items
         * @property {Array.<spamdsyncexchange.Entry.$Properties>|null} [live] Message live
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */

        /**
         * Properties of a Message.
         * @memberof spamdsyncexchange
         * @interface IMessage
         * @augments spamdsyncexchange.Message.$Properties
         * @deprecated Use spamdsyncexchange.Message.$Properties instead.
         */

        /**
         * Shape of a Message.
         * @typedef {spamdsyncexchange.Message.$Properties} spamdsyncexchange.Message.$Shape
         */

        /**
         * Constructs a new Message.
         * @memberof spamdsyncexchange
         * @classdesc Represents a Message.
         * @constructor
         * @param {spamdsyncexchange.Message.$Properties=} [properties] Properties to set
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */
        const Message = function (properties) {
            this.live = [];
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        /**
         * Message hello.
         * @member {spamdsyncexchange.Hello.$Properties|null|undefined} hello
         * @memberof spamdsyncexchange.Message
         * @instance
         */
        Message.prototype.hello = null;

        /**
         * Message ask.
         * @member {spamdsyncexchange.Ask.$Properties|null|undefined} ask
         * @memberof spamdsyncexchange.Message
         * @instance
         */
        Message.prototype.ask = null;

        /**
         * Message compare.
         * @member {spamdsyncexchange.Buckets.$Properties|null|undefined} compare
         * @memberof spamdsyncexchange.Message
         * @instance
         */
        Message.prototype.compare = null;

        /**
         * Message want.
         * @member {spamdsyncexchange.Leaves.$Properties|null|undefined} want
         * @memberof spamdsyncexchange.Message
         * @instance
         */
        Message.prototype.want = null;

        /**
         * Message differ.
         * @member {spamdsyncexchange.Buckets.$Properties|null|undefined} differ
         * @memberof spamdsyncexchange.Message
         * @instance
         */
        Message.prototype.differ = null;

        /**
         * Message listing.
         * @member {spamdsyncexchange.Leaves.$Properties|null|undefined} listing
         * @memberof spamdsyncexchange.Message
         * @instance
         */
        Message.prototype.listing = null;

        /**
         * Message items.
         * @member {spamdsyncexchange.Items.$Properties|null|undefined} items
         * @memberof spamdsyncexchange.Message
         * @instance
         */
        Message.prototype.items = null;

        /**
         * Message live.
         * @member {Array.<spamdsyncexchange.Entry.$Properties>} live
         * @memberof spamdsyncexchange.Message
         * @instance
         */
        Message.prototype.live = $util.emptyArray;

        /**
         * Encodes the specified Message message. Does not implicitly {@link spamdsyncexchange.Message.verify|verify} messages.
         * @function encode
         * @memberof spamdsyncexchange.Message
         * @static
         * @param {spamdsyncexchange.Message.$Properties} message Message message or plain object to encode
         * @param {$protobuf.Writer} [writer] Writer to encode to
         * @returns {$protobuf.Writer} Writer
         */
        Message.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.hello != null && $Object.hasOwnProperty.call(message, "hello"))
                $root.spamdsyncexchange.Hello.encode(message.hello, writer.uint32(/* id 1, wireType 2 =*/10).fork(), _depth + 1).ldelim();
            if (message.ask != null && $Object.hasOwnProperty.call(message, "ask"))
                $root.spamdsyncexchange.Ask.encode(message.ask, writer.uint32(/* id 2, wireType 2 =*/18).fork(), _depth + 1).ldelim();
            if (message.compare != null && $Object.hasOwnProperty.call(message, "compare"))
                $root.spamdsyncexchange.Buckets.encode(message.compare, writer.uint32(/* id 3, wireType 2 =*/26).fork(), _depth + 1).ldelim();
            if (message.want != null && $Object.hasOwnProperty.call(message, "want"))
                $root.spamdsyncexchange.Leaves.encode(message.want, writer.uint32(/* id 4, wireType 2 =*/34).fork(), _depth + 1).ldelim();
            if (message.differ != null && $Object.hasOwnProperty.call(message, "differ"))
                $root.spamdsyncexchange.Buckets.encode(message.differ, writer.uint32(/* id 5, wireType 2 =*/42).fork(), _depth + 1).ldelim();
            if (message.listing != null && $Object.hasOwnProperty.call(message, "listing"))
                $root.spamdsyncexchange.Leaves.encode(message.listing, writer.uint32(/* id 6, wireType 2 =*/50).fork(), _depth + 1).ldelim();
            if (message.items != null && $Object.hasOwnProperty.call(message, "items"))
                $root.spamdsyncexchange.Items.encode(message.items, writer.uint32(/* id 7, wireType 2 =*/58).fork(), _depth + 1).ldelim();
            if (message.live != null && message.live.length)
                for (let i = 0; i < message.live.length; ++i)
                    $root.spamdsyncexchange.Entry.encode(message.live[i], writer.uint32(/* id 8, wireType 2 =*/66).fork(), _depth + 1).ldelim();
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        /**
         * Decodes a Message message from the specified reader or buffer.
         * @function decode
         * @memberof spamdsyncexchange.Message
         * @static
         * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
         * @param {number} [length] Message length if known beforehand
         * @returns {spamdsyncexchange.Message & spamdsyncexchange.Message.$Shape} Message
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        Message.decode = function (reader, length, _end, _depth, _target) {
            if (!(reader instanceof $Reader))
                reader = $Reader.create(reader);
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $Reader.recursionLimit)
                throw $Error("max depth exceeded");
            let end, message;
            if (length === $undefined)
                end = reader.len;
            else {
                end = reader.pos + length;
                if (end > reader.len)
                    throw $RangeError("index out of range");
                length = reader.len;
                reader.len = end;
            }
            message = _target || new $root.spamdsyncexchange.Message();
            while (reader.pos < end) {
                let start = reader.pos;
                let tag = reader.tag();
                if (tag === _end) {
                    _end = $undefined;
                    break;
                }
                let wireType = tag & 7;
                switch (tag >>>= 3) {
                case 1: {
                        if (wireType !== 2)
                            break;
                        message.hello = $root.spamdsyncexchange.Hello.decode(reader, reader.size(), $undefined, _depth + 1, message.hello);
                        continue;
                    }
                case 2: {
                        if (wireType !== 2)
                            break;
                        message.ask = $root.spamdsyncexchange.Ask.decode(reader, reader.size(), $undefined, _depth + 1, message.ask);
                        continue;
                    }
                case 3: {
                        if (wireType !== 2)
                            break;
                        message.compare = $root.spamdsyncexchange.Buckets.decode(reader, reader.size(), $undefined, _depth + 1, message.compare);
                        continue;
                    }
                case 4: {
                        if (wireType !== 2)
                            break;
                        message.want = $root.spamdsyncexchange.Leaves.decode(reader, reader.size(), $undefined, _depth + 1, message.want);
                        continue;
                    }
                case 5: {
                        if (wireType !== 2)
                            break;
                        message.differ = $root.spamdsyncexchange.Buckets.decode(reader, reader.size(), $undefined, _depth + 1, message.differ);
                        continue;
                    }
                case 6: {
                        if (wireType !== 2)
                            break;
                        message.listing = $root.spamdsyncexchange.Leaves.decode(reader, reader.size(), $undefined, _depth + 1, message.listing);
                        continue;
                    }
                case 7: {
                        if (wireType !== 2)
                            break;
                        message.items = $root.spamdsyncexchange.Items.decode(reader, reader.size(), $undefined, _depth + 1, message.items);
                        continue;
                    }
                case 8: {
                        if (wireType !== 2)
                            break;
                        if (!(message.live && message.live.length))
                            message.live = [];
                        message.live.push($root.spamdsyncexchange.Entry.decode(reader, reader.size(), $undefined, _depth + 1));
                        continue;
                    }
                }
                reader.skipType(wireType, _depth, tag);
                if (!reader.discardUnknown) {
                    $util.makeProp(message, "$unknowns", false);
                    (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                }
            }
            if (length !== $undefined) {
                if (reader.pos !== end)
                    throw $RangeError("index out of range");
                reader.len = length;
            }
            if (_end !== $undefined)
                throw $Error("missing end group");
            return message;
        };

        return Message;
    })();

    return spamdsyncexchange;
})();

export {
  $root as default
};
