package orderfile

import (
	"github.com/orderdeck/orderdeck/store/order"
)

// payments are the words for how far a customer has paid, as key gives them.
var payments = map[string]order.CustomerPayment{
	"pending": order.PaymentPending, "unpaid": order.PaymentPending, "authorized": order.PaymentAuthorized,
	"partially paid": order.PaymentPartiallyPaid, "paid": order.PaymentPaid, "partially refunded": order.PaymentPartiallyRefunded,
	"refunded": order.PaymentRefunded, "voided": order.PaymentVoided, "expired": order.PaymentExpired, "failed": order.PaymentFailed,
	"pago": order.PaymentPaid, "paga": order.PaymentPaid, "pendente": order.PaymentPending, "nao pago": order.PaymentPending,
	"reembolsado": order.PaymentRefunded, "oplacone": order.PaymentPaid, "nieoplacone": order.PaymentPending, "zwrocone": order.PaymentRefunded,
}

// deliveries are the words for how far an order has been sent.
var deliveries = map[string]order.Fulfilment{
	"unfulfilled": order.Unfulfilled, "pending": order.Unfulfilled, "partial": order.FulfilmentPartial,
	"partially fulfilled": order.FulfilmentPartial, "fulfilled": order.Fulfilled, "shipped": order.Fulfilled,
	"delivered": order.FulfilmentDelivered, "restocked": order.FulfilmentReturned, "returned": order.FulfilmentReturned,
	"scheduled": order.FulfilmentScheduled, "on hold": order.FulfilmentOnHold, "in progress": order.FulfilmentInProgress,
	"enviado": order.Fulfilled, "entregue": order.FulfilmentDelivered, "wyslane": order.Fulfilled, "dostarczone": order.FulfilmentDelivered,
}

type status struct {
	payment    order.CustomerPayment
	fulfilment order.Fulfilment
	cancelled  bool
}

// statuses are WooCommerce's (https://woocommerce.com/document/managing-orders/order-statuses/), and what tables that
// were made by hand call the same things.
var statuses = map[string]status{
	"pending": {payment: order.PaymentPending}, "pending payment": {payment: order.PaymentPending},
	"on hold":        {payment: order.PaymentAwaitingProof},
	"processing":     {payment: order.PaymentPaid},
	"completed":      {payment: order.PaymentPaid, fulfilment: order.Fulfilled},
	"cancelled":      {payment: order.PaymentVoided, cancelled: true},
	"canceled":       {payment: order.PaymentVoided, cancelled: true},
	"refunded":       {payment: order.PaymentRefunded},
	"failed":         {payment: order.PaymentFailed},
	"draft":          {payment: order.PaymentDraft},
	"checkout draft": {payment: order.PaymentDraft},

	"paid": {payment: order.PaymentPaid}, "unpaid": {payment: order.PaymentPending}, "new": {payment: order.PaymentPending},
	"shipped": {payment: order.PaymentPaid, fulfilment: order.Fulfilled}, "delivered": {payment: order.PaymentPaid, fulfilment: order.FulfilmentDelivered},
	"pago": {payment: order.PaymentPaid}, "pendente": {payment: order.PaymentPending}, "enviado": {payment: order.PaymentPaid, fulfilment: order.Fulfilled},
	"entregue": {payment: order.PaymentPaid, fulfilment: order.FulfilmentDelivered}, "cancelado": {payment: order.PaymentVoided, cancelled: true},
	"reembolsado": {payment: order.PaymentRefunded}, "oplacone": {payment: order.PaymentPaid}, "wyslane": {payment: order.PaymentPaid, fulfilment: order.Fulfilled},
	"anulowane": {payment: order.PaymentVoided, cancelled: true},
}
