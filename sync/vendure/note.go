package vendure

import (
	"context"
	"encoding/json"
	"regexp"
	"slices"
	"strings"

	"github.com/orderdeck/orderdeck/store/order/text"
	"github.com/orderdeck/orderdeck/sync"
)

// Stock Vendure has no note of the customer. Shops that want one add a custom field to their orders, with a name of
// their own choosing, so it must be looked for: a field that is selected and not there spoils the whole question.

const customFieldsQuery = `query CustomFields {
  globalSettings {
    serverConfig {
      entityCustomFields {
        entityName
        customFields { ... on CustomField { name type list } }
      }
    }
  }
}`

// noteName fits customerNote, orderNotes, deliveryInstructions, giftMessage, comment and the like.
var noteName = regexp.MustCompile(`(?i)^(customer|client|buyer|order|checkout|delivery|shipping|gift)?_?(notes?|comments?|messages?|instructions?|remarks?)$`)

var graphName = regexp.MustCompile(`^[_A-Za-z][_0-9A-Za-z]*$`)

// findNoteFields looks for custom fields of orders that hold a text of the customer, the most likely one first. A
// store that will not tell has none.
func (p *Platform) findNoteFields(ctx context.Context) ([]string, error) {
	var out struct {
		GlobalSettings struct {
			ServerConfig struct {
				EntityCustomFields []struct {
					EntityName   string
					CustomFields []struct {
						Name, Type string
						List       bool
					}
				}
			}
		}
	}
	if _, err := p.call(ctx, "CustomFields", customFieldsQuery, nil, &out); err != nil {
		if sync.KindOf(err).Retryable() {
			return nil, err
		}
		return nil, nil
	}
	var names []string
	for _, entity := range out.GlobalSettings.ServerConfig.EntityCustomFields {
		if entity.EntityName != "Order" {
			continue
		}
		for _, f := range entity.CustomFields {
			if (f.Type == "string" || f.Type == "text") && !f.List && noteName.MatchString(f.Name) && graphName.MatchString(f.Name) {
				names = append(names, f.Name)
			}
		}
	}
	slices.SortStableFunc(names, func(a, b string) int { return rank(a) - rank(b) })
	return names, nil
}

func rank(name string) int {
	if strings.HasPrefix(strings.ToLower(name), "customer") {
		return 0
	}
	return 1
}

// notes reads the customers' notes of some orders, by id. A store that refuses has none.
func (p *Platform) notes(ctx context.Context, s *shop, ids []string) (map[string]string, error) {
	if len(s.noteFields) == 0 || len(ids) == 0 {
		return nil, nil
	}
	query := "query Notes($options: OrderListOptions!) { orders(options: $options) { items { id customFields { " +
		strings.Join(s.noteFields, " ") + " } } } }"
	var out struct {
		Orders struct {
			Items []struct {
				ID           string
				CustomFields map[string]json.RawMessage
			}
		}
	}
	_, err := p.call(ctx, "Notes", query, options(map[string]any{
		"take": len(ids), "filter": map[string]any{"id": map[string]any{"in": ids}},
	}), &out)
	if err != nil {
		if sync.KindOf(err).Retryable() || ctx.Err() != nil {
			return nil, err
		}
		s.noteFields = nil
		return nil, nil
	}
	found := map[string]string{}
	for _, item := range out.Orders.Items {
		var parts []string
		for _, name := range s.noteFields {
			var value string
			if json.Unmarshal(item.CustomFields[name], &value) == nil {
				if value = text.CleanLines(value); value != "" {
					parts = append(parts, value)
				}
			}
		}
		found[item.ID] = strings.Join(parts, "\n")
	}
	return found, nil
}
