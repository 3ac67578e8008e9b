package config

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"go.yaml.in/yaml/v3"
)

// View is a saved view: a filter under a name, shown as a tab.
type View struct {
	Name    string   `yaml:"name"`
	Query   string   `yaml:"query"`
	Sort    string   `yaml:"sort,omitempty"` // date, updated, total, customer, number; "-" in front for descending
	Stores  []string `yaml:"stores,omitempty"`
	Columns []string `yaml:"columns,omitempty"`
}

// State is what Orderdeck remembers from one time to the next. Losing it costs nothing.
type State struct {
	Tab     string   `yaml:"tab,omitempty"`
	Sort    string   `yaml:"sort,omitempty"` // as in View
	Stores  []string `yaml:"stores,omitempty"`
	Columns []string `yaml:"columns,omitempty"` // chosen on screen; empty = the setting
	Export  struct {
		Profile string `yaml:"profile,omitempty"`
		For     string `yaml:"for,omitempty"`
		Scope   string `yaml:"scope,omitempty"` // view, selected, all
		Folder  string `yaml:"folder,omitempty"`
	} `yaml:"export,omitempty"`
}

const viewsHead = "# Saved views of Orderdeck, written by the program; it reads what you change here at the next start.\n"

type viewsFile struct {
	Views []View `yaml:"views"`
}

// ViewsFile is where saved views are kept: beside the settings.
func (c *Config) ViewsFile() string { return filepath.Join(c.Folder(), "views.yaml") }

// Views reads the saved views. A file that cannot be understood is refused with its line, and never written over.
func (c *Config) Views() ([]View, error) {
	name := c.ViewsFile()
	data, err := readSmall(name)
	if os.IsNotExist(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("the saved views in %s cannot be read: %w", name, plain(err))
	}
	root, bad := document(data)
	if bad != nil {
		bad.File = name
		return nil, bad
	}
	if root == nil {
		return nil, nil
	}
	var file viewsFile
	decoder := yaml.NewDecoder(strings.NewReader(string(data)))
	decoder.KnownFields(true)
	if err := decoder.Decode(&file); err != nil {
		return nil, fmt.Errorf("the saved views in %s cannot be understood: %s", name, strings.ReplaceAll(strings.TrimPrefix(err.Error(), "yaml: "), "\n", " "))
	}
	seen := map[string]bool{}
	for _, v := range file.Views {
		if v.Name == "" {
			return nil, fmt.Errorf("a saved view in %s has no name: write one, or take the view out", name)
		}
		if seen[v.Name] {
			return nil, fmt.Errorf("two saved views in %s are called %q: give one of them another name", name, v.Name)
		}
		seen[v.Name] = true
	}
	return file.Views, nil
}

// UpdateViews reads the saved views, changes them and writes them back.
func (c *Config) UpdateViews(change func([]View) []View) error {
	views, err := c.Views()
	if err != nil {
		return err
	}
	data, err := yaml.Marshal(viewsFile{change(views)})
	if err != nil {
		return fmt.Errorf("the views cannot be written: %w", err)
	}
	return WriteFile(c.ViewsFile(), append([]byte(viewsHead), data...), 0o600)
}

func (c *Config) stateFile() string { return filepath.Join(c.Data, "state.yaml") }

// State reads what was remembered. A file that cannot be read is as good as none.
func (c *Config) State() State {
	var s State
	data, err := readSmall(c.stateFile())
	if err != nil || yaml.Unmarshal(data, &s) != nil {
		return State{}
	}
	return s
}

// SaveState remembers.
func (c *Config) SaveState(s State) error {
	data, err := yaml.Marshal(s)
	if err != nil {
		return fmt.Errorf("the state cannot be written: %w", err)
	}
	return WriteFile(c.stateFile(), data, 0o600)
}
