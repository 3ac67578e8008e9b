package main

import (
	"cmp"
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

// pair is how long ours and the floor took for one thing out of many.
type pair struct {
	what        string
	ours, floor time.Duration
	again       func() (ours, floor time.Duration, err error) // measures it
}

func (p pair) ratio() float64 { return float64(p.ours) / float64(max(1, p.floor)) }

// pairs are all that were measured.
type pairs []pair

// add measures one more.
func (p *pairs) add(what string, measure func() (ours, floor time.Duration, err error)) error {
	ours, floor, err := measure()
	if err != nil {
		return err
	}
	*p = append(*p, pair{what, ours, floor, measure})
	return nil
}

// worst finds the pair that by some number is the worst. Out of very many, the worst is mostly the one that something
// else on the machine fell on; so the worst few are measured again, and the worst of those counts.
func (p pairs) worst(by func(pair) float64) (pair, error) {
	sorted := slices.Clone(p)
	slices.SortFunc(sorted, func(a, b pair) int { return cmp.Compare(by(b), by(a)) })
	var worst pair
	for i, one := range sorted[:min(5, len(sorted))] {
		var err error
		if one.ours, one.floor, err = one.again(); err != nil {
			return pair{}, err
		}
		if i == 0 || by(one) > by(worst) {
			worst = one
		}
	}
	return worst, nil
}

// medians are those of ours and of the floors.
func (p pairs) medians() (ours, floor time.Duration) {
	var a, b sample
	for _, one := range p {
		a, b = append(a, one.ours), append(b, one.floor)
	}
	return a.median(), b.median()
}

func slowness(p pair) float64 { return p.ours.Seconds() }
