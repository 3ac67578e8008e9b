// Package prooftest proves that nothing is paid twice and no order is lost: it lets the outbox buy at a supplier that does
// everything that suppliers do wrong, and kills the program between any two writes. It has tests only.
package prooftest
