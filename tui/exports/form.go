package exports

import (
	"slices"
	"strings"

	"github.com/orderdeck/orderdeck/store/export"
	"github.com/orderdeck/orderdeck/tui/ui"
)

func (s *Screen) field() *ui.Field {
	switch s.cursor {
	case rowFrom:
		return s.from
	case rowTo:
		return s.to
	case rowPath:
		return s.path
	}
	return nil
}

// change turns the choice of the current line on by n.
func (s *Screen) change(n int) bool {
	cycle := func(list []string, now string) string {
		return list[(slices.Index(list, now)+n+len(list))%len(list)]
	}
	switch s.cursor {
	case rowScope:
		s.choice.Scope = cycle(s.scopes(), s.choice.Scope)
	case rowProfile:
		old := export.Profile(s.choice.Profile).Extension()
		names := make([]string, len(export.Profiles))
		for i, p := range export.Profiles {
			names[i] = string(p)
		}
		s.choice.Profile = cycle(names, s.choice.Profile)
		if base, ok := strings.CutSuffix(s.path.Value(), old); ok {
			s.path.Set(base + export.Profile(s.choice.Profile).Extension())
		}
	case rowFor:
		s.choice.For = cycle(export.Formats(), s.choice.For)
	default:
		return false
	}
	s.done, s.err, s.overwrite = "", nil, false
	return true
}

func (s *Screen) scopes() []string {
	out := []string{scopeView}
	if len(s.arg.Selected) > 0 {
		out = append(out, scopeSelected)
	}
	return append(out, scopeAll)
}
