package config

import (
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// keyNode is the node of a key in a mapping, or nil.
func keyNode(n *yaml.Node, key string) *yaml.Node {
	if n == nil || n.Kind != yaml.MappingNode {
		return nil
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == key {
			return n.Content[i]
		}
	}
	return nil
}

func hasKey(n *yaml.Node, key string) bool { return keyNode(n, key) != nil }

// child is the value of a key in a mapping, or nil when there is none or it is empty.
func child(n *yaml.Node, key string) *yaml.Node {
	if n == nil || n.Kind != yaml.MappingNode {
		return nil
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == key && !isNull(n.Content[i+1]) {
			return n.Content[i+1]
		}
	}
	return nil
}

// lastLine is the number of the last line that a node takes, not counting what a block text may have after its first.
func lastLine(n *yaml.Node) int {
	last := n.Line
	for _, c := range n.Content {
		last = max(last, lastLine(c))
	}
	return last
}

// splice replaces lines[from:to] by others.
func splice(lines []string, from, to int, by []string) []string {
	return slices.Replace(slices.Clone(lines), from, to, by...)
}

func indent(pad string, lines []string) []string {
	out := make([]string, len(lines))
	for i, l := range lines {
		out[i] = pad + l
	}
	return out
}

// afterComment is the place behind the commented default of a setting, or the end of the file.
func afterComment(lines []string, prefix string) int {
	for i, l := range lines {
		if strings.HasPrefix(l, prefix) {
			return i + 1
		}
	}
	return len(lines)
}
