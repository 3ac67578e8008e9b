package demo

import (
	"math"
	"sort"
	"time"
	_ "time/tzdata" // the shops' zones must be known on machines without a zone database too
)

// calendar says when people buy: evenings more than nights, Mondays more than Saturdays, much in the last week of
// November, little on Christmas Day. It is a piecewise cumulative intensity, so that the instant of the i-th of n
// orders is found without the others.
type calendar struct {
	from, to int64 // seconds since 1970
	days     []day
	base     float64 // mass before from
	total    float64 // mass between from and to
}

type day struct {
	start, length int64
	before, mass  float64
	profile       *[25]float64
}

// hours are the share of each hour of a day, of a working day and of a weekend.
var hours = [2][24]float64{
	{1.2, .6, .35, .25, .25, .4, .9, 1.8, 3, 4, 4.6, 5, 5.6, 5.2, 4.6, 4.4, 4.4, 4.8, 5.6, 7, 8.6, 9, 7.2, 3.6},
	{1.8, 1, .6, .4, .3, .3, .6, 1.2, 2.4, 4, 5.2, 5.8, 5.4, 5, 5, 5.2, 5.6, 6, 6.4, 6.8, 7.4, 7.2, 6, 3.4},
}

var profiles = func() (p [2][25]float64) {
	for k := range hours {
		sum := 0.0
		for _, h := range hours[k] {
			sum += h
		}
		for i, h := range hours[k] {
			p[k][i+1] = p[k][i] + h/sum
		}
		p[k][24] = 1
	}
	return p
}()

// rhythm is what makes days differ.
type rhythm struct {
	zone    *time.Location
	seed    uint64
	shop    uint64
	brazil  bool // its feasts
	founded int64
	grown   int64 // the shop grows from founded until then, and no more afterwards
}

// newCalendar lays out the days between two instants.
func newCalendar(r rhythm, from, to int64) *calendar {
	c := &calendar{from: from, to: max(to, from+1)}
	first := time.Unix(from, 0).In(r.zone)
	date := time.Date(first.Year(), first.Month(), first.Day(), 0, 0, 0, 0, r.zone)
	sum := 0.0
	for date.Unix() < c.to {
		next := time.Date(date.Year(), date.Month(), date.Day()+1, 0, 0, 0, 0, r.zone)
		d := day{start: date.Unix(), length: next.Unix() - date.Unix(), before: sum, profile: &profiles[0]}
		if w := date.Weekday(); w == time.Saturday || w == time.Sunday {
			d.profile = &profiles[1]
		}
		d.mass = r.intensity(date)
		sum += d.mass
		c.days = append(c.days, d)
		date = next
	}
	c.base = c.mass(from)
	c.total = c.mass(c.to) - c.base
	return c
}

// intensity is how busy a day is; an average day of a shop that does not grow has about 1.
func (r rhythm) intensity(date time.Time) float64 {
	x := [7]float64{1.12, 1.14, 1.06, 1.04, 1.02, .9, .78}[date.Weekday()]
	x *= r.season(date)
	if r.grown > r.founded {
		age := float64(date.Unix()-r.founded) / float64(r.grown-r.founded)
		x *= .5 + 1.1*min(max(age, 0), 1)
	}
	d := roll(r.seed, r.shop, uint64(date.Year()*400+date.YearDay()), topicDay)
	return x * (.78 + .44*d.unit())
}

// season is the time of the year: the sales of November, Christmas, and the feasts on which people give things.
func (r rhythm) season(date time.Time) float64 {
	month, dom := date.Month(), date.Day()
	thursday := nth(date.Year(), time.November, time.Thursday, 4)
	switch after := date.YearDay() - time.Date(date.Year(), time.November, thursday, 0, 0, 0, 0, time.UTC).YearDay(); {
	case after == 1: // Black Friday
		return 4.2
	case after == 4: // Cyber Monday
		return 2.8
	case after == 2 || after == 3 || after == 0:
		return 2.2
	case after >= -4 && after < 0:
		return 1.5
	}
	switch {
	case month == time.December && dom <= 18:
		return 1.3 + float64(dom)/20
	case month == time.December && dom <= 23:
		return .9
	case month == time.December && dom <= 26:
		return .35
	case month == time.January && dom <= 6:
		return .6
	case month == time.January:
		return .85
	case r.brazil && month == time.May && within(dom, nth(date.Year(), time.May, time.Sunday, 2), 9): // Dia das Mães
		return 1.7
	case r.brazil && month == time.June && within(dom, 12, 7): // Dia dos Namorados
		return 1.5
	case !r.brazil && month == time.May && within(dom, 26, 8): // Dzień Matki
		return 1.6
	case !r.brazil && month == time.February && within(dom, 14, 6):
		return 1.3
	case month == time.July || month == time.August:
		return .85
	}
	return 1
}

// nth is the day of the month on which the n-th such weekday falls.
func nth(year int, month time.Month, weekday time.Weekday, n int) int {
	first := time.Date(year, month, 1, 0, 0, 0, 0, time.UTC).Weekday()
	return 1 + (int(weekday)-int(first)+7)%7 + 7*(n-1)
}

// within tells whether a day lies in the days before a feast, which itself is not busy any more.
func within(dom, feast, days int) bool { return dom < feast && dom >= feast-days }

// mass is what lies before an instant.
func (c *calendar) mass(t int64) float64 {
	i := sort.Search(len(c.days), func(i int) bool { return c.days[i].start > t }) - 1
	if i < 0 {
		return 0
	}
	d := &c.days[i]
	x := float64(t-d.start) / float64(d.length) * 24
	if x >= 24 {
		return d.before + d.mass
	}
	h := int(x)
	return d.before + d.mass*(d.profile[h]+(x-float64(h))*(d.profile[h+1]-d.profile[h]))
}

// at is the instant before which a share (0…1) of all the mass lies, in whole seconds. It never falls as u grows.
func (c *calendar) at(u float64) int64 {
	want := c.base + u*c.total
	lo, hi := 0, len(c.days) // the last day that begins at or before want
	for hi-lo > 1 {
		if m := int(uint(lo+hi) >> 1); c.days[m].before <= want {
			lo = m
		} else {
			hi = m
		}
	}
	d := &c.days[lo]
	share := min((want-d.before)/d.mass, 1)
	h, top := 0, 24
	for top-h > 1 {
		if m := (h + top) / 2; d.profile[m] <= share {
			h = m
		} else {
			top = m
		}
	}
	x := float64(h) + (share-d.profile[h])/(d.profile[h+1]-d.profile[h])
	t := d.start + int64(math.Floor(x/24*float64(d.length)))
	return min(max(t, c.from), c.to)
}
