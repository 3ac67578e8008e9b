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

// The dictionaries are an order and a placement with everything in them. What is kept is packed as what it differs in
// from them, which makes it half as large. They are part of the format: a better one gets a number and a file of its
// own, and these stay for what was packed with them.
var (
	//go:embed dictionary/order-1.json
	orderSample []byte
	//go:embed dictionary/placement-1.json
	placementSample []byte
)

// A packed document begins with a byte that says how it is packed. These are S2
// (https://github.com/klauspost/compress/tree/master/s2) with one of the dictionaries. Zstandard makes orders a sixth
// smaller and takes six times as long; it is used for the raw answers, which are read once in a blue moon.
const (
	packedOrder     = 1
	packedPlacement = 2
)

// All are made when they are first needed, and safe for use by several goroutines: they hold no state between calls.
var (
	orderDict     = sync.OnceValue(func() *s2.Dict { return s2.MakeDict(orderSample, nil) })
	placementDict = sync.OnceValue(func() *s2.Dict { return s2.MakeDict(placementSample, nil) })
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
	e.doc = pack(packedOrder, orderDict(), e.doc, e.json.Bytes())
	if raw != nil {
		e.raw = rawCompressor().EncodeAll(raw, e.raw[:0])
		packedRaw = e.raw
	}
	return e.doc, packedRaw, nil
}

// pack packs a document into buf, or into a new one where that is too small.
func pack(kind byte, dict *s2.Dict, buf, doc []byte) []byte {
	if need := 1 + s2.MaxEncodedLen(len(doc)); cap(buf) < need {
		buf = make([]byte, need)
	}
	buf = buf[:cap(buf)]
	buf[0] = kind
	return buf[:1+len(dict.Encode(buf[1:], doc))] // Encode writes into what it is given, which is large enough
}

var errDocument = errors.New("a document that is packed in an unknown way")

// open unpacks a document into buf, or into a new one where that is too small.
func open(kind byte, dict *s2.Dict, buf, doc []byte) ([]byte, error) {
	if len(doc) == 0 || doc[0] != kind {
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
	return dict.Decode(buf[:cap(buf)], doc[1:])
}

// decode reads an order back. buf is scratch space; it is handed back to be used again.
func decode(doc, buf []byte, o *order.Order) ([]byte, error) {
	buf, err := open(packedOrder, orderDict(), buf, doc)
	if err != nil {
		return buf, err
	}
	return buf, json.Unmarshal(buf, o)
}

// packPlacement and scanPlacement keep a placement and read it back.
func packPlacement(p *order.Placement) ([]byte, error) {
	doc, err := json.Marshal(p)
	if err != nil {
		return nil, err
	}
	return pack(packedPlacement, placementDict(), nil, doc), nil
}

func scanPlacement(scan func(...any) error) (p order.Placement, err error) {
	var doc []byte
	if err := scan(&doc); err != nil {
		return p, err
	}
	if doc, err = open(packedPlacement, placementDict(), nil, doc); err != nil {
		return p, err
	}
	return p, json.Unmarshal(doc, &p)
}

// unpack reads a raw answer back.
func unpack(packed []byte) ([]byte, error) {
	if packed == nil {
		return nil, nil
	}
	return rawDecompressor().DecodeAll(packed, nil)
}
