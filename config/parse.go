package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// largestFile is far more than anybody writes by hand.
const largestFile = 1 << 20

// readSmall reads a whole file of settings; devices and huge files are refused rather than read.
func readSmall(name string) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if info, err := f.Stat(); err == nil && info.IsDir() {
		return nil, errors.New("it is a folder")
	}
	data, err := io.ReadAll(io.LimitReader(f, largestFile+1))
	if err == nil && len(data) > largestFile {
		err = errors.New("it is larger than 1 MB, which no settings file is")
	}
	return data, err
}

// plain is the reason of an error without the operation and the path that Go puts before it.
func plain(err error) error {
	var path *os.PathError
	if errors.As(err, &path) {
		return path.Err
	}
	var link *os.LinkError
	if errors.As(err, &link) {
		return link.Err
	}
	return err
}

// parser walks the nodes of a settings file, so that every refusal has its line and names keep their case and dots.
type parser struct {
	file    string
	opts    Options
	c       *Config
	scalars map[string]string // by setting key; lists as [a, b]
	errs    Errors
}

func (p *parser) refuse(n *yaml.Node, format string, args ...any) {
	p.errs = append(p.errs, &Error{File: p.file, Line: n.Line, Text: fmt.Sprintf(format, args...)})
}

func (p *parser) parse(data []byte) {
	root, err := document(data)
	if err != nil {
		err.File = p.file
		p.errs = append(p.errs, err)
		return
	}
	if root != nil {
		p.section("", root)
	}
}

var yamlLine = regexp.MustCompile(`^yaml: (?:line (\d+): )?(.*)$`)

// document is the one mapping of a YAML text, or nil when there is nothing in it.
func document(data []byte) (*yaml.Node, *Error) {
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	var doc, second yaml.Node
	if err := decoder.Decode(&doc); errors.Is(err, io.EOF) {
		return nil, nil
	} else if err != nil {
		m := yamlLine.FindStringSubmatch(strings.ReplaceAll(err.Error(), "\n", " "))
		if m == nil {
			return nil, &Error{Text: "this is not YAML: " + err.Error()}
		}
		line, _ := strconv.Atoi(m[1])
		return nil, &Error{Line: line, Text: "this is not YAML: " + m[2] + ". Check the indentation and the colons around here."}
	}
	if err := decoder.Decode(&second); !errors.Is(err, io.EOF) {
		return nil, &Error{Line: max(second.Line, 1), Text: "there is a second document in the file, after a line of ---: keep everything in one."}
	}
	root := doc.Content[0]
	switch {
	case root.Kind == yaml.ScalarNode && root.Tag == "!!null":
		return nil, nil
	case root.Kind != yaml.MappingNode:
		return nil, &Error{Line: root.Line, Text: "settings are written as `name: value`, one a line."}
	}
	return root, nil
}

// pairs calls each for the keys of a mapping; a key that stands there twice is refused.
func (p *parser) pairs(n *yaml.Node, each func(key, value *yaml.Node)) {
	seen := map[string]int{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], resolveAlias(n.Content[i+1])
		if line, twice := seen[key.Value]; twice {
			p.refuse(key, "%s stands here for the second time; the first is in line %d. Keep one of them.", key.Value, line)
			continue
		}
		seen[key.Value] = key.Line
		each(key, value)
	}
}

func resolveAlias(n *yaml.Node) *yaml.Node {
	if n.Kind == yaml.AliasNode && n.Alias != nil {
		return n.Alias
	}
	return n
}

// section reads the settings below a prefix ("" or "csv.").
func (p *parser) section(prefix string, n *yaml.Node) {
	p.pairs(n, func(key, value *yaml.Node) {
		name := prefix + key.Value
		if line := p.c.lines[path(name)]; line > 0 {
			p.refuse(key, "%s is in line %d already: keep one of them.", name, line)
			return
		}
		s, ok := setting(name)
		if ok {
			p.c.lines[path(name)] = key.Line
		}
		switch {
		case ok:
			p.setting(s, value)
		case prefix == "" && hasSection(name):
			if value.Kind == yaml.MappingNode {
				p.section(name+".", value)
			} else if !isNull(value) {
				p.refuse(key, "%s has settings of its own below it: write them indented, as %s.", name, orList(names(name+".")))
			}
		default:
			p.unknown(key, key.Value, names(prefix))
		}
	})
}

// names lists the keys that may stand below a prefix.
func names(prefix string) []string {
	var out []string
	for _, s := range Settings {
		rest, ok := strings.CutPrefix(s.Key, prefix)
		if !ok {
			continue
		}
		name, _, _ := strings.Cut(rest, ".")
		if !slices.Contains(out, name) {
			out = append(out, name)
		}
	}
	return out
}

func hasSection(name string) bool {
	return slices.ContainsFunc(Settings, func(s Setting) bool { return strings.HasPrefix(s.Key, name+".") })
}

var secretNames = regexp.MustCompile(`(?i)key$|token|secret|password|passwd`)

func (p *parser) unknown(key *yaml.Node, name string, valid []string) {
	if secretNames.MatchString(name) && name != "keys" {
		p.refuse(key, "a setting called %q is not read, and keys never stand in this file: take it out and run `orderdeck store add` or `orderdeck supplier add`, which keep the key safe.", name)
		return
	}
	p.refuse(key, "there is no setting called %q.%s Here you can write %s.", name, didYouMean(name, valid), orList(valid))
}

func (p *parser) setting(s Setting, value *yaml.Node) {
	if isNull(value) {
		return // `theme:` with nothing behind it: as if it were not there
	}
	switch s.kind {
	case stores:
		p.stores(value)
	case suppliers:
		p.suppliers(value)
	case rates:
		p.rates(value)
	case keymap:
		p.keymap(value)
	case list:
		items, ok := p.strings(s.Key, value)
		for i, item := range items {
			if err := s.item(item); err != nil {
				p.refuse(nth(value, i), "%v", err)
				return
			}
		}
		if ok {
			p.scalars[s.Key] = "[" + strings.Join(items, ", ") + "]"
		}
	default:
		if text, ok := p.scalar(s.Key, value); ok {
			if err := s.validate(text); err != nil {
				p.refuse(value, "%v", err)
				return
			}
			p.scalars[s.Key] = text
		}
	}
}

func isNull(n *yaml.Node) bool { return n.Kind == yaml.ScalarNode && n.Tag == "!!null" }

func (p *parser) scalar(name string, n *yaml.Node) (string, bool) {
	if n.Kind != yaml.ScalarNode {
		p.refuse(n, "%s takes one value, not a list or a group of settings.", name)
		return "", false
	}
	return n.Value, true
}

// strings reads a list of texts; a single text is a list of one.
func (p *parser) strings(name string, n *yaml.Node) ([]string, bool) {
	if n.Kind == yaml.ScalarNode {
		return []string{n.Value}, true
	}
	out := make([]string, 0, len(n.Content))
	ok := n.Kind == yaml.SequenceNode
	for _, item := range n.Content {
		item = resolveAlias(item)
		ok = ok && item.Kind == yaml.ScalarNode
		out = append(out, item.Value)
	}
	if !ok {
		p.refuse(n, "%s takes a list such as [a, b].", name)
		return nil, false
	}
	return out, true
}

func nth(n *yaml.Node, i int) *yaml.Node {
	if n.Kind == yaml.SequenceNode {
		return n.Content[i]
	}
	return n
}

// keymap reads the merchant's own keys. Which actions there are, and which keys clash, only the screens know.
func (p *parser) keymap(n *yaml.Node) {
	if n.Kind != yaml.MappingNode {
		p.refuse(n, "keys is written as one `action: key` a line.")
		return
	}
	p.c.Keys = map[string][]string{}
	p.pairs(n, func(key, value *yaml.Node) {
		p.c.lines[path("keys", key.Value)] = key.Line
		if isNull(value) {
			p.refuse(key, "%s has no key: write one, or [] to take its keys away.", key.Value)
			return
		}
		keys, ok := p.strings("the key of "+key.Value, value)
		for i, k := range keys {
			if k == "" {
				p.refuse(nth(value, i), "%s has an empty key: write one such as e or ctrl+e.", key.Value)
				return
			}
		}
		if ok {
			p.c.Keys[key.Value] = keys
		}
	})
}
