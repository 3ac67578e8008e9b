package store

import (
	"bytes"
	"encoding/json"
	"fmt"

	"github.com/klauspost/compress/zstd"

	"github.com/orderdeck/orderdeck/store/order"
)

// maxDoc bounds what a compressed document may grow to when it is read, in bytes.
const maxDoc = 64 << 20

// Both are safe for use by several goroutines; they hold no state between calls.
var (
	compressor = must(zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(1),
		zstd.WithEncoderCRC(false), zstd.WithWindowSize(64<<10), zstd.WithLowerEncoderMem(true)))
	decompressor = must(zstd.NewReader(nil, zstd.WithDecoderConcurrency(0), zstd.WithDecoderMaxMemory(maxDoc),
		zstd.WithDecoderLowmem(true)))
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
	e.doc = compressor.EncodeAll(e.json.Bytes(), e.doc[:0])
	if raw != nil {
		e.raw = compressor.EncodeAll(raw, e.raw[:0])
		packedRaw = e.raw
	}
	return e.doc, packedRaw, nil
}

// decode reads a document back. buf is scratch space; it is handed back to be used again.
func decode(doc, buf []byte, o *order.Order) ([]byte, error) {
	buf, err := decompressor.DecodeAll(doc, buf[:0])
	if err != nil {
		return buf, err
	}
	return buf, json.Unmarshal(buf, o)
}

// Raw is the platform's own answer for an order as it last came; nil where none was kept. (It is in docs.raw.)
func unpack(packed []byte) ([]byte, error) {
	if packed == nil {
		return nil, nil
	}
	return decompressor.DecodeAll(packed, nil)
}
