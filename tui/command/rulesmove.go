package command

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"github.com/orderdeck/orderdeck/config"
)

// moving is where `rules move` was told to put a rule.
type moving struct {
	before, after string
	sequence      int
	packaging     bool
}

func (s *session) rulesMoveCommand() *cobra.Command {
	m := &moving{}
	cmd := &cobra.Command{
		Use: "move NAME", Short: "Give a rule another place", Args: oneArg("the name of a rule"), ValidArgsFunction: s.completeRules,
		Long: "Puts a rule before or after another one, or at a sequence. Where there is no number left between two rules, all of\n" +
			"them get new ones, ten apart; their order stays.",
		RunE: func(cmd *cobra.Command, args []string) error {
			given := 0
			for _, flag := range []string{"before", "after", "sequence"} {
				if cmd.Flags().Changed(flag) {
					given++
				}
			}
			if given != 1 {
				return usage("say where the rule goes with one of --before RULE, --after RULE and --sequence N")
			}
			return s.changeRules(cmd.Context(), func(b *rulebook) (string, error) { return m.move(&b.rules, args[0]) })
		},
	}
	f := cmd.Flags()
	f.StringVar(&m.before, "before", "", "before this `RULE`")
	f.StringVar(&m.after, "after", "", "after this `RULE`")
	f.IntVar(&m.sequence, "sequence", 0, "at this place: of the rules that match, the smallest wins")
	f.BoolVar(&m.packaging, "packaging", false, "the packaging rule of that name")
	return cmd
}

func (m *moving) move(r *config.Rules, name string) (string, error) {
	at, pack, err := ruleAt(r, name, m.packaging)
	if err != nil {
		return "", err
	}
	beside := cmp.Or(m.before, m.after)
	to, toPack := -1, -1
	if beside != "" {
		if to, toPack, err = ruleAt(r, beside, m.packaging || at < 0); err != nil {
			return "", err
		}
		if beside == name || (at >= 0) != (to >= 0) {
			return "", usage("%q is not moved beside %q: name another rule of the same kind", name, beside)
		}
	}
	sequence := m.sequence
	if at >= 0 {
		if beside != "" {
			sequence = place(len(r.Shipping), at, to, m.after != "", func(i int) *int { return &r.Shipping[i].Sequence })
		}
		r.Shipping[at].Sequence = sequence
	} else {
		if beside != "" {
			sequence = place(len(r.Packaging), pack, toPack, m.after != "", func(i int) *int { return &r.Packaging[i].Sequence })
		}
		r.Packaging[pack].Sequence = sequence
	}
	return fmt.Sprintf("The rule “%s” has the sequence %d now.", name, sequence), nil
}

// place finds a sequence for rule at that is beside rule to. Where none is free, all rules get new ones.
func place(n, at, to int, after bool, sequence func(i int) *int) int {
	line := make([]int, 0, n) // the other rules, in their order
	for i := range n {
		if i != at {
			line = append(line, i)
		}
	}
	slices.SortStableFunc(line, func(a, b int) int { return cmp.Compare(*sequence(a), *sequence(b)) })
	where := slices.Index(line, to)
	if after {
		where++
	}
	low := 0
	if where > 0 {
		low = *sequence(line[where-1])
	}
	high := low + 20
	if where < len(line) {
		high = *sequence(line[where])
	}
	if high-low >= 2 {
		return low + (high-low)/2
	}
	for i, rule := range slices.Insert(slices.Clone(line), where, at) {
		*sequence(rule) = (i + 1) * 10
	}
	return *sequence(at)
}
