package ui

import (
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"

	"github.com/orderdeck/orderdeck/store/order/checkout"
	"github.com/orderdeck/orderdeck/tui/draw"
)

// OneLine is a text without line breaks and without more than one blank in a row.
func OneLine(text string) string { return strings.Join(strings.Fields(text), " ") }

// Filled are the parts of a sentence that are not empty.
func Filled(parts ...string) []string {
	return slices.DeleteFunc(parts, func(p string) bool { return p == "" })
}

// Capital begins a sentence with a capital letter; the text begins with one of ASCII.
func Capital(text string) string { return strings.ToUpper(text[:1]) + text[1:] }

// Pad fills a text up with blanks to a number of columns; what is longer gets one blank.
func Pad(text string, w int) string { return text + strings.Repeat(" ", max(1, w-draw.Width(text))) }

// SupplierTitle is what a supplier is called for people.
func SupplierTitle(s *checkout.Settings, name string) string {
	for i := range s.Suppliers {
		if s.Suppliers[i].Name == name {
			return s.Suppliers[i].Label()
		}
	}
	return name
}

// Confirm is a menu that asks before something is done. Doing nothing is what Enter does first.
func Confirm(title, prompt, no, yes string, then func() tea.Cmd) MenuSpec {
	return MenuSpec{
		Title: title, Prompt: prompt, Items: []MenuItem{{Title: no, Mark: true, Value: false}, {Title: yes, Value: true}},
		Choose: func(it MenuItem) tea.Cmd {
			if it.Value == true {
				return then()
			}
			return nil
		},
	}
}

// Carry does something that may be slow, says what came of it, and then sends a message.
func Carry(what func() (said string, err error), then tea.Msg) tea.Cmd {
	return func() tea.Msg {
		said, err := what()
		toast := Toast{Text: said}
		if err != nil {
			toast = Toast{Text: err.Error(), Bad: true}
		}
		if then == nil {
			return toast
		}
		return tea.Batch(Send(toast), Send(then))()
	}
}
