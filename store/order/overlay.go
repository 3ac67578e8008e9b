package order

import (
	"slices"
	"strings"
	"time"
)

// The kinds of Intent.
const (
	IntentArchive   = "archive"
	IntentUnarchive = "unarchive"
	IntentCancel    = "cancel"     // Value is the reason
	IntentHold      = "hold"       // Value is a HoldKind, with " until <RFC 3339>" after it where it ends by itself
	IntentRelease   = "release"    //
	IntentTagAdd    = "tag_add"    // Value is the tag
	IntentTagRemove = "tag_remove" // Value is the tag
	IntentNote      = "note"       // Value is the text
)

// IntentKinds lists every kind of Intent.
var IntentKinds = []string{
	IntentArchive, IntentUnarchive, IntentCancel, IntentHold, IntentRelease, IntentTagAdd, IntentTagRemove, IntentNote,
}

// Overlay is an order as it is shown: what the store said, with what the merchant did since laid over it, oldest first.
// The order given, its slices too, stays as it is. Kinds that are not known are left out; holds are no part of what a
// store says, see OverlayFacts.
func Overlay(o Order, intents []Intent) Order {
	copied := false // of Tags: they are changed in place
	own := func() {
		if !copied {
			o.Tags, copied = slices.Clone(o.Tags), true
		}
	}
	for _, in := range intents {
		switch in.Kind {
		case IntentArchive:
			o.Archived = true
		case IntentUnarchive:
			o.Archived = false
			if o.Lifecycle == LifecycleArchived {
				o.Lifecycle = LifecycleOpen
			}
		case IntentCancel:
			if o.Lifecycle != LifecycleDeleted {
				o.Lifecycle, o.CancelReason = LifecycleCancelled, in.Value
			}
		case IntentTagAdd:
			if in.Value != "" && !hasTag(o.Tags, in.Value) {
				own()
				o.Tags = append(o.Tags, in.Value)
			}
		case IntentTagRemove:
			own()
			o.Tags = slices.DeleteFunc(o.Tags, func(t string) bool { return strings.EqualFold(t, in.Value) })
		case IntentNote:
			if !hasNote(&o, in.Value) {
				o.Notes = append(slices.Clip(o.Notes), Note{At: in.At, Kind: "note", Text: in.Value, Author: in.Who})
			}
		}
	}
	return o
}

// OverlayFacts lays holds and releases over the facts of an order, oldest first.
func OverlayFacts(f Facts, intents []Intent) Facts {
	for _, in := range intents {
		switch in.Kind {
		case IntentHold:
			kind, until, _ := strings.Cut(in.Value, " until ")
			f.Hold, f.HoldUntil = HoldKind(kind), time.Time{}
			if !slices.Contains(HoldKinds, f.Hold) || f.Hold == HoldNone {
				f.Hold = HoldManual
			}
			if at, err := time.Parse(time.RFC3339, until); err == nil {
				f.HoldUntil = at
			}
		case IntentRelease:
			f.Hold, f.HoldUntil = HoldNone, time.Time{}
		}
	}
	return f
}

// Settled tells whether what the store says now confirms an intent, so that it can go away. Holds are known here only:
// they stay until they are released, and never settle.
func Settled(o *Order, in Intent) bool {
	switch in.Kind {
	case IntentArchive:
		return o.IsArchived()
	case IntentUnarchive:
		return !o.IsArchived()
	case IntentCancel:
		return o.Lifecycle == LifecycleCancelled || o.Lifecycle == LifecycleDeleted
	case IntentTagAdd:
		return in.Value == "" || hasTag(o.Tags, in.Value)
	case IntentTagRemove:
		return !hasTag(o.Tags, in.Value)
	case IntentNote:
		return hasNote(o, in.Value)
	}
	return false
}

func hasTag(tags []string, tag string) bool {
	return slices.ContainsFunc(tags, func(t string) bool { return strings.EqualFold(t, tag) })
}

func hasNote(o *Order, text string) bool {
	return slices.ContainsFunc(o.Notes, func(n Note) bool { return n.Text == text })
}
