package demo

import "math/bits"

// dice is a stream of pseudo-random numbers (splitmix64, by Sebastiano Vigna). Every order has several, one per topic,
// each beginning at a place that depends on nothing but the seed, the shop, the index and the topic: so any order can
// be made without the ones before it.
type dice uint64

// Topics keep the streams of one order apart, so that a change in one part of it leaves the others as they were.
const (
	topicClock uint64 = iota + 1
	topicCustomer
	topicWho
	topicLines
	topicMoney
	topicPay
	topicSupply
	topicCase
	topicTexts
	topicParcel
	topicDay
	topicKronecker
)

const golden = 0x9e3779b97f4a7c15

func mix(z uint64) uint64 {
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// roll begins the stream of a topic.
func roll(seed, shop, index, topic uint64) dice {
	return dice(mix(mix(seed+golden*(shop+1)) ^ mix(index*golden+topic*0xd1b54a32d192ed03)))
}

func (d *dice) next() uint64 {
	*d += golden
	return mix(uint64(*d))
}

// n is one of 0…k−1; 0 for k < 2.
func (d *dice) n(k int) int {
	hi, _ := bits.Mul64(d.next(), uint64(max(k, 1)))
	return int(hi)
}

// unit is in [0, 1).
func (d *dice) unit() float64 { return float64(d.next()>>11) / (1 << 53) }

// span is one of lo…hi, both included.
func (d *dice) span(lo, hi int64) int64 {
	if hi <= lo {
		return lo
	}
	h, _ := bits.Mul64(d.next(), uint64(hi-lo+1))
	return lo + int64(h)
}

// in tells whether something happens that does so n times in 1,000.
func (d *dice) in(n int) bool { return d.n(1000) < n }

// pick is one of a list.
func pick[T any](d *dice, list []T) T { return list[d.n(len(list))] }

// weigh is an index of weights, each as likely as its weight says.
func weigh(d *dice, weights ...int) int {
	sum := 0
	for _, w := range weights {
		sum += w
	}
	at := d.n(sum)
	for i, w := range weights {
		if at -= w; at < 0 {
			return i
		}
	}
	return len(weights) - 1
}
