package cj

import "time"

const (
	basePoints  = 50_000 // of a day, before what the account's turnover adds
	leastPoints = 10     // what the cheapest question costs that costs anything
	minutesADay = 24 * 60

	listPoints  = 50 // a page of the catalogue
	queryPoints = 10 // a product, a variant, its stock, a freight
)

// points is our own estimate of what is left of CJ's points. They come back evenly over the day, so that a whole day's
// worth is no burst. CJ does not tell how many are left; its refusal puts the estimate right.
type points struct {
	total, left int64
	at          time.Time // when left was reckoned; to the whole minute that it counts
}

// refill adds what has come back since.
func (p *points) refill(now time.Time) {
	if p.at.IsZero() || now.Before(p.at) {
		p.at = now
		return
	}
	per := p.total / minutesADay
	if minutes := int64(now.Sub(p.at) / time.Minute); minutes > 0 {
		p.left = min(p.total, p.left+minutes*per)
		p.at = p.at.Add(time.Duration(minutes) * time.Minute)
	}
}

// take spends some, or says how long to wait until there are enough.
func (p *points) take(n int64, now time.Time) time.Duration {
	if n == 0 {
		return 0
	}
	p.refill(now)
	if p.left >= n {
		p.left -= n
		return 0
	}
	return p.wait(n, now)
}

func (p *points) wait(n int64, now time.Time) time.Duration {
	per := p.total / minutesADay
	minutes := (n - p.left + per - 1) / per
	return max(p.at.Add(time.Duration(minutes)*time.Minute).Sub(now), time.Second)
}

// empty takes CJ's word that none are left, and says how long until there are enough for n.
func (p *points) empty(n int64, now time.Time) time.Duration {
	p.left, p.at = 0, now
	return p.wait(n, now)
}

// low tells whether the points may well be used up: a tenth of a day is left.
func (p *points) low() bool { return p.left < p.total/10 }
