package store

import (
	"bytes"
	_ "embed" // the dictionary
	"encoding/json"
	"fmt"
	"sync"

	"github.com/klauspost/compress/zstd"

	"github.com/orderdeck/orderdeck/store/order"
)

// maxDoc bounds what a compressed document may grow to when it is read, in bytes.
const maxDoc = 64 << 20

// dictionary is an order with everything in it. Orders are packed as what they differ in from it, which makes them
// less than half as large. It is part of the format: a better one gets a number and a file of its own, and this one
// stays for what was packed with it.
//
//go:embed dictionary/order-1.json
var dictionary []byte

const dictionaryID = 1

// All are made when they are first needed, and safe for use by several goroutines: they hold no state between calls.
// Raw answers are packed without the dictionary: every platform's look different.
var (
	docCompressor = sync.OnceValue(func() *zstd.Encoder {
		return must(zstd.NewWriter(nil, append(packing, zstd.WithEncoderDictRaw(dictionaryID, dictionary))...))
	})
	rawCompressor = sync.OnceValue(func() *zstd.Encoder { return must(zstd.NewWriter(nil, packing...)) })
	decompressor  = sync.OnceValue(func() *zstd.Decoder {
		return must(zstd.NewReader(nil, zstd.WithDecoderConcurrency(0), zstd.WithDecoderMaxMemory(maxDoc),
			zstd.WithDecoderLowmem(true), zstd.WithDecoderDictRaw(dictionaryID, dictionary)))
	})
)

var packing = []zstd.EOption{
	zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(1), zstd.WithEncoderCRC(false),
	zstd.WithWindowSize(64 << 10), zstd.WithLowerEncoderMem(true),
}

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
	e.doc = docCompressor().EncodeAll(e.json.Bytes(), e.doc[:0])
	if raw != nil {
		e.raw = rawCompressor().EncodeAll(raw, e.raw[:0])
		packedRaw = e.raw
	}
	return e.doc, packedRaw, nil
}

// decode reads a document back. buf is scratch space; it is handed back to be used again.
func decode(doc, buf []byte, o *order.Order) ([]byte, error) {
	buf, err := decompressor().DecodeAll(doc, buf[:0])
	if err != nil {
		return buf, err
	}
	return buf, json.Unmarshal(buf, o)
}

// unpack reads a raw answer back.
func unpack(packed []byte) ([]byte, error) {
	if packed == nil {
		return nil, nil
	}
	return decompressor().DecodeAll(packed, nil)
}
