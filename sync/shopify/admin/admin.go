// Package admin is Shopify's Admin API, version 2026-10, as Go types, made by genqlient from operations.graphql and the
// schema that Shopify publishes.
package admin

//go:generate go run github.com/Khan/genqlient@v0.8.1 genqlient.yaml
