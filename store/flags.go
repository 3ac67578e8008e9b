package store

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/orderdeck/orderdeck/store/order"
	"github.com/orderdeck/orderdeck/store/order/text"
)

// Bits of orders.flags.
const (
	flagArchived = 1 << iota
	flagTest
	flagGone
	flagUnseen
	flagPartly
	flagCostKnown
	flagCrossed // a background pass has found an exception across orders
	flagIntents // there are intents
)

// archivedBucket is added to a stage's position to make the bucket of an archived order.
const archivedBucket = 16

// Bits of orders.side.
const (
	sideRefunds = 1
	sideResent  = 2
)

// Keys of the counters that are no stage.
const (
	counterRefunds = 100
	counterResent  = 101
)

// sep stands between the values of a column that holds several. Clean text never has it.
const sep = "\x1f"

// enum is the position under which a value is stored; -1 for a value that is not known, and for none where none is
// not a value of its own.
func enum[T comparable](values []T, v T) int64 { return int64(slices.Index(values, v)) }

// enumOr is enum with a value to stand for none.
func enumOr[T comparable](values []T, v, none T) int64 {
	var zero T
	if v == zero {
		v = none
	}
	return enum(values, v)
}

// valueAt is the value stored under a position; the zero value where there is none.
func valueAt[T any](values []T, n int64) T {
	if n < 0 || n >= int64(len(values)) {
		var zero T
		return zero
	}
	return values[n]
}

func bit(on bool, bit int64) int64 {
	if on {
		return bit
	}
	return 0
}

// bucketOf is where an order of a stage stands in the lists.
func bucketOf(s order.Stage, archived bool) int64 {
	return enum(order.Stages, s) + bit(archived, archivedBucket)
}

// liveOf is the bucket as the partial indexes know it: only of orders that are still on their way.
func liveOf(s order.Stage, archived bool) any {
	if archived || s == order.StageShipped || s == order.StageCancelled {
		return nil
	}
	return enum(order.Stages, s)
}

// millis is an instant as it is stored.
func millis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

// instant is a stored instant; 0 is none.
func instant(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}

// nullMillis is an instant for a column that may be empty.
func nullMillis(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.UnixMilli()
}

// totalKey is what sorting by total sorts by: the currency, then the amount.
func totalKey(currency string, minor int64) int64 {
	var code int64
	for i := range 3 {
		code <<= 5
		if i < len(currency) {
			if c := currency[i] | 0x20; c >= 'a' && c <= 'z' {
				code |= int64(c-'a') + 1
			} else {
				code |= 31
			}
		}
	}
	const half = 1 << 47
	return code<<48 | (min(max(minor, -half), half-1) + half)
}

// maxKey bounds the text keys that indexes hold.
const maxKey = 48

// customerKey is what sorting by customer sorts by.
func customerKey(name string) string { return cutKey(text.Fold(name)) }

// numberKey is what sorting by number sorts by: text as it is, runs of digits by their value, so that 999 comes before
// 1000. A run is written as its length and its digits without leading zeros.
func numberKey(number string) string {
	var b strings.Builder
	s := text.Fold(number)
	for i := 0; i < len(s) && b.Len() < maxKey; {
		if s[i] < '0' || s[i] > '9' {
			b.WriteByte(s[i])
			i++
			continue
		}
		from := i
		for i < len(s) && s[i] >= '0' && s[i] <= '9' {
			i++
		}
		digits := strings.TrimLeft(s[from:i], "0")
		b.WriteByte(byte('0' + min(len(digits), 60)))
		b.WriteString(digits)
	}
	return cutKey(b.String())
}

func cutKey(s string) string {
	if len(s) <= maxKey {
		return s
	}
	return strings.ToValidUTF8(s[:maxKey], "")
}

// The rowid of an order in the search index: its time in steps of 64 s, then its id. Going through the index backwards
// gives the newest first, to the minute; whoever reads sorts what stands within one step exactly.
const (
	idBits   = 27
	maxID    = 1<<idBits - 1
	stepBits = 16 // 2^16 ms = 65.5 s
)

func rankOf(created, id int64) int64 { return rankFloor(created) | id }

// rankFloor is the lowest rank of the step in which an instant (unix ms) lies.
func rankFloor(created int64) int64 {
	const limit = math.MaxInt64 >> idBits
	return min(max(created>>stepBits, -limit-1), limit) << idBits
}

func idOfRank(rank int64) int64 { return rank & maxID }

// numeral is a number as text.
func numeral(n int64) string { return strconv.FormatInt(n, 10) }
