package config

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"

	"go.yaml.in/yaml/v3"
)

// ruleFields and packagingFields list what a rule has in rules.yaml.
var (
	ruleFields = []field{
		{name: "name", kind: text},
		{name: "sequence", kind: number},
		{name: "disabled", kind: flag},
		{name: "supplier", kind: text},
		{name: "countries", kind: list},
		{name: "amount_from", kind: text},
		{name: "amount_to", kind: text},
		{name: "freight_from", kind: text},
		{name: "freight_to", kind: text},
		{name: "method", kind: text},
		{name: "cash_on_delivery", kind: flag},
	}
	packagingFields = []field{
		{name: "name", kind: text},
		{name: "sequence", kind: number},
		{name: "disabled", kind: flag},
		{name: "supplier", kind: text},
		{name: "stores", kind: list},
		{name: "countries", kind: list},
		{name: "tags", kind: list},
		{name: "skus", kind: list},
		{name: "card_text", kind: text},
	}
)

const rulesHead = `# Shipping and packaging rules of Orderdeck, written by the program (` + "`orderdeck rules`" + `); it reads what you change here.
# Of the rules that match, the one with the smallest sequence wins. Conditions that are not written hold for every order.
#
# shipping:
#   - name: Brazil
#     sequence: 10
#     supplier: lumen
#     countries: [BR]
#     amount_from: 10.00 USD    # of the customer's order
#     amount_to: 500.00 USD
#     freight_to: 15.00 USD     # of the method below
#     method: Standard          # its code or its name
#     cash_on_delivery: true    # lets orders through that are paid at the door
# packaging:
#   - name: Kraft
#     sequence: 10
#     stores: [shop]
#     tags: [gift]
#     skus: [KRAFT-S, CARD-1]   # of the supplier
#     card_text: Thank you!
`

// RulesFile is where the rules are kept: beside the settings.
func (c *Config) RulesFile() string { return filepath.Join(c.Folder(), "rules.yaml") }

// Rules reads the shipping and packaging rules of the merchant; see ReadRules.
func (c *Config) Rules() (Rules, error) { return ReadRules(c.RulesFile()) }

// SaveRules writes the shipping and packaging rules of the merchant; see WriteRules.
func (c *Config) SaveRules(r Rules) error { return WriteRules(c.RulesFile(), r) }

// ReadRules reads a file of rules; one that does not exist has none. What can be checked here is refused with its line;
// whether rules contradict each other is for those to say who apply them.
func ReadRules(name string) (Rules, error) {
	data, err := readSmall(name)
	if os.IsNotExist(err) {
		return Rules{}, nil
	}
	if err != nil {
		return Rules{}, fmt.Errorf("the rules in %s cannot be read: %w", name, plain(err))
	}
	return parseRules(name, data)
}

// parseRules reads the text of a file of rules.
func parseRules(name string, data []byte) (Rules, error) {
	root, bad := document(data)
	if bad != nil {
		bad.File = name
		return Rules{}, Errors{bad}
	}
	if root == nil {
		return Rules{}, nil
	}
	p := &parser{file: name, c: &Config{lines: map[string]int{}}}
	var r Rules
	p.pairs(root, func(key, value *yaml.Node) {
		switch {
		case isNull(value):
		case key.Value == "shipping":
			p.each(key, value, ruleFields, func(n *yaml.Node, x record) { r.Shipping = append(r.Shipping, ruleFrom(n, x, r.Shipping)) })
		case key.Value == "packaging":
			p.each(key, value, packagingFields, func(n *yaml.Node, x record) { r.Packaging = append(r.Packaging, packagingFrom(n, x, r.Packaging)) })
		default:
			p.refuse(key, "there is no kind of rules called %q.%s Here you can write shipping or packaging.", key.Value, didYouMean(key.Value, []string{"shipping", "packaging"}))
		}
	})
	if len(p.errs) > 0 {
		return Rules{}, p.errs
	}
	return r, nil
}

// each reads the rules of a list.
func (p *parser) each(key, n *yaml.Node, fields []field, add func(n *yaml.Node, r record)) {
	if n.Kind != yaml.SequenceNode {
		p.refuse(key, "%s is a list: begin each rule with a line of `- name: …`.", key.Value)
		return
	}
	for _, item := range n.Content {
		if item = resolveAlias(item); item.Kind != yaml.MappingNode {
			p.refuse(item, "a rule is written as `- name: …` with its conditions indented below.")
			continue
		}
		if r, ok := p.record(item, fields); ok && p.required(item, r, "this rule", "name") {
			add(item, r)
		}
	}
}

func ruleFrom(n *yaml.Node, x record, before []RuleConfig) RuleConfig {
	last := 0
	if len(before) > 0 {
		last = before[len(before)-1].Sequence
	}
	v := x.values
	return RuleConfig{
		Name: v["name"], Sequence: sequence(v["sequence"], last), Disabled: v["disabled"] == "true", Supplier: v["supplier"],
		Countries: x.lists["countries"], AmountFrom: v["amount_from"], AmountTo: v["amount_to"], FreightFrom: v["freight_from"],
		FreightTo: v["freight_to"], Method: v["method"], CashOnDelivery: v["cash_on_delivery"] == "true", Line: n.Line,
	}
}

func packagingFrom(n *yaml.Node, x record, before []PackagingConfig) PackagingConfig {
	last := 0
	if len(before) > 0 {
		last = before[len(before)-1].Sequence
	}
	v := x.values
	return PackagingConfig{
		Name: v["name"], Sequence: sequence(v["sequence"], last), Disabled: v["disabled"] == "true", Supplier: v["supplier"],
		Stores: x.lists["stores"], Countries: x.lists["countries"], Tags: x.lists["tags"], SKUs: x.lists["skus"], CardText: v["card_text"], Line: n.Line,
	}
}

// sequence is the place of a rule: the one that is written, else some way behind the rule before.
func sequence(text string, last int) int {
	if n, err := strconv.Atoi(text); err == nil {
		return n
	}
	return last + 10
}

// WriteRules writes a file of rules. It refuses to replace one that cannot be understood: there may be something in it
// that would be lost.
func WriteRules(name string, r Rules) error {
	if _, err := ReadRules(name); err != nil {
		return err
	}
	file := struct {
		Shipping  []RuleConfig      `yaml:"shipping,omitempty"`
		Packaging []PackagingConfig `yaml:"packaging,omitempty"`
	}{r.Shipping, r.Packaging}
	var data []byte
	if len(r.Shipping)+len(r.Packaging) > 0 {
		var err error
		if data, err = yaml.Marshal(file); err != nil {
			return fmt.Errorf("the rules cannot be written: %w", err)
		}
	}
	return WriteFile(name, append([]byte(rulesHead), data...), 0o600)
}
