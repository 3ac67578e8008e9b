package store

import (
	"bytes"
	_ "embed" // the dictionary
	"encoding/json"
	"errors"
	"fmt"
	"sync"

	"github.com/klauspost/compress/s2"
	"github.com/klauspost/compress/zstd"

	"github.com/orderdeck/orderdeck/store/order"
)

// maxDoc bounds what a packed document may grow to when it is read, in bytes.
const maxDoc = 64 << 20

// dictionary is an order with everything in it. Orders are packed as what they differ in from it, which makes them
// half as large. It is part of the format: a better one gets a number and a file of its own, and this one stays for
// what was packed with it.
//
//go:embed dictionary/order-1.json
var dictionary []byte

// packedS2 is the first byte of a document: the rest is S2 (https://github.com/klauspost/compress/tree/master/s2) with
// the dictionary above. Zstandard makes orders a sixth smaller and takes six times as long; it is used for the raw
// answers, which are read once in a blue moon.
const packedS2 = 1

// All are made when they are first needed, and safe for use by several goroutines: they hold no state between calls.
var (
	orderDict     = sync.OnceValue(func() *s2.Dict { return s2.MakeDict(dictionary, nil) })
	rawCompressor = sync.OnceValue(func() *zstd.Encoder {
		return must(zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(1),
			zstd.WithEncoderCRC(false), zstd.WithWindowSize(64<<10), zstd.WithLowerEncoderMem(true)))
	})
	rawDecompressor = sync.OnceValue(func() *zstd.Decoder {
		return must(zstd.NewReader(nil, zstd.WithDecoderConcurrency(0), zstd.WithDecoderMaxMemory(maxDoc), zstd.WithDecoderLowmem(true)))
	})
)

func must[T any](v T, err error) T {
	if err != nil {
		panic(err) // only wrong options fail
	}
	return v
}

// encoder turns orders into documents, reusing its buffers.
type encoder struct {
	json bytes.Buffer
	enc  *json.Encoder
	doc  []byte
	raw  []byte
}

// encode gives the compressed document of an order, and of its raw answer (nil for none). Both are valid until the
// next call.
func (e *encoder) encode(o *order.Order, raw []byte) (doc, packedRaw []byte, err error) {
	if e.enc == nil {
		e.enc = json.NewEncoder(&e.json)
		e.enc.SetEscapeHTML(false)
	}
	e.json.Reset()
	if err := e.enc.Encode(o); err != nil {
		return nil, nil, fmt.Errorf("order %s of %s cannot be kept: %w", o.ExternalID, o.Store, err)
	}
	if need := 1 + s2.MaxEncodedLen(e.json.Len()); cap(e.doc) < need {
		e.doc = make([]byte, need)
	}
	e.doc = e.doc[:cap(e.doc)]
	e.doc[0] = packedS2
	e.doc = e.doc[:1+len(orderDict().Encode(e.doc[1:], e.json.Bytes()))]
	if raw != nil {
		e.raw = rawCompressor().EncodeAll(raw, e.raw[:0])
		packedRaw = e.raw
	}
	return e.doc, packedRaw, nil
}

var errDocument = errors.New("a document that is packed in an unknown way")

// decode reads a document back. buf is scratch space; it is handed back to be used again.
func decode(doc, buf []byte, o *order.Order) ([]byte, error) {
	if len(doc) == 0 || doc[0] != packedS2 {
		return buf, errDocument
	}
	n, err := s2.DecodedLen(doc[1:])
	if err != nil {
		return buf, err
	}
	if n > maxDoc {
		return buf, errDocument
	}
	if cap(buf) < n {
		buf = make([]byte, n)
	}
	if buf, err = orderDict().Decode(buf[:cap(buf)], doc[1:]); err != nil {
		return buf, err
	}
	return buf, json.Unmarshal(buf, o)
}

// unpack reads a raw answer back.
func unpack(packed []byte) ([]byte, error) {
	if packed == nil {
		return nil, nil
	}
	return rawDecompressor().DecodeAll(packed, nil)
}
