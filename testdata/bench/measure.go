package main

import (
	"slices"
	"time"
)

// sample is a set of durations of one thing.
type sample []time.Duration

// at is the duration below which the share p of the sample lies, 0 for an empty sample.
func (s sample) at(p float64) time.Duration {
	if len(s) == 0 {
		return 0
	}
	sorted := slices.Clone(s)
	slices.Sort(sorted)
	return sorted[min(len(sorted)-1, int(p*float64(len(sorted))))]
}

func (s sample) median() time.Duration { return s.at(0.5) }
func (s sample) p99() time.Duration    { return s.at(0.99) }

// interleave times ours and floor alternately (A B A B), so that what else the machine does falls on both, after one
// unmeasured turn of each.
func interleave(rounds int, ours, floor func() error) (a, b sample, err error) {
	turn := func(f func() error) (time.Duration, error) {
		begin := time.Now()
		err := f()
		return time.Since(begin), err
	}
	for round := range rounds + 1 {
		x, err := turn(ours)
		if err != nil {
			return nil, nil, err
		}
		y, err := turn(floor)
		if err != nil {
			return nil, nil, err
		}
		if round > 0 {
			a, b = append(a, x), append(b, y)
		}
	}
	return a, b, nil
}
