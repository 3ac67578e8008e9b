package cjfake

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

func variantJSON(v Variant) map[string]any {
	return map[string]any{
		"vid": v.VID, "pid": v.PID, "variantName": nil, "variantNameEn": v.Name + " " + v.Key, "variantSku": v.SKU, "variantKey": v.Key,
		"variantImage": "https://img.example/" + v.SKU + ".jpg", "variantWeight": 40.0, "variantSellPrice": json.RawMessage(v.Price), "variantLength": 5,
	}
}

func (s *Server) variantsOf(pid string) []any {
	out := []any{}
	for _, v := range s.Variants {
		if v.PID == pid && !v.Gone {
			out = append(out, variantJSON(v))
		}
	}
	return out
}

func (s *Server) products(words string) answer {
	var list []any
	seen := map[string]bool{}
	for _, v := range s.Variants {
		if seen[v.PID] || v.Gone || !strings.Contains(strings.ToLower(v.Name), strings.ToLower(words)) {
			continue
		}
		seen[v.PID] = true
		list = append(list, map[string]any{"id": v.PID, "nameEn": v.Name, "sku": "CJTEST" + v.PID, "sellPrice": "15.16 -- 15.17", "bigImage": "https://img.example/big.jpg"})
	}
	return ok(map[string]any{
		"pageNumber": 1, "pageSize": 5, "totalRecords": len(list), "totalPages": 1,
		"content": []any{map[string]any{"productList": list}},
	})
}

func (s *Server) product(sku string) answer {
	for _, v := range s.Variants {
		if v.SKU == sku && !v.Gone {
			return ok(map[string]any{
				"pid": v.PID, "productNameEn": v.Name, "productSku": "CJTEST" + v.PID, "productType": v.Type, "sellPrice": "3.5 -- 4.0",
				"productImage": "https://img.example/p.jpg", "variants": s.variantsOf(v.PID), "inventoryNum": nil,
			})
		}
	}
	return no(1602003, "Variant has been removed")
}

func (s *Server) stock(vid string) answer {
	for _, v := range s.Variants {
		if v.VID == vid {
			return ok([]any{
				map[string]any{"vid": vid, "areaId": "1", "areaEn": "China Warehouse", "countryCode": "CN", "storageNum": 1, "totalInventoryNum": v.Stock - 1, "cjInventoryNum": 0},
				map[string]any{"vid": vid, "areaId": "4", "areaEn": "Yiwu", "countryCode": "CN", "storageNum": 1, "totalInventoryNum": 1},
				map[string]any{"vid": vid, "areaId": "2", "areaEn": "US Warehouse", "countryCode": "US", "storageNum": 1, "totalInventoryNum": 5000},
			})
		}
	}
	return no(1602002, "Variant not found")
}

func (s *Server) freight(body []byte) answer {
	var q struct {
		StartCountryCode, EndCountryCode string
		Products                         []Line
	}
	if json.Unmarshal(body, &q) != nil || len(q.Products) == 0 {
		return no(1600100, "Param error")
	}
	list := []any{}
	if q.EndCountryCode != "AQ" {
		for name, price := range s.Methods {
			way := map[string]any{"logisticName": name, "logisticPrice": json.RawMessage(price), "logisticPriceCn": 30.54, "logisticAging": "2-5"}
			if s.Quirks.TellsTax {
				way["taxesFee"], way["clearanceOperationFee"], way["totalPostageFee"] = 0, nil, 0
				if q.EndCountryCode == "FR" {
					p, _ := strconv.ParseFloat(price, 64)
					way["taxesFee"], way["clearanceOperationFee"], way["totalPostageFee"] = 0.3, "0.2", p+0.5
				}
			}
			list = append(list, way)
		}
	}
	return ok(list)
}

func (s *Server) track(number string) answer {
	events, found := s.Events[number]
	if !found {
		return no(1600300, "not found")
	}
	return ok([]any{map[string]any{
		"trackingNumber": number, "logisticName": "CJPacket Ordinary", "trackingStatus": "In transit", "lastMileCarrier": "USPS",
		"lastTrackNumber": "9400", "logisticsTrackEvents": events,
	}})
}

// create makes an order as createOrderV2 does, with what it wants to hear.
func (s *Server) create(body []byte) answer {
	var q struct {
		OrderNumber, Platform, ShippingCountryCode, ShippingCountry, ShippingProvince, ShippingCity, ShippingCustomerName string
		ShippingAddress, LogisticName, FromCountryCode, Remark                                                            string
		PayType, ShopLogisticsType                                                                                        int
		IossType                                                                                                          int
		IsSandbox                                                                                                         any
		Products                                                                                                          []Line
	}
	fails := func(text string) answer { return no(1603000, "100104:Order create fail: "+text) }
	if err := json.Unmarshal(body, &q); err != nil {
		return no(1600100, "The request parameter is not in a correct JSON format")
	}
	for _, must := range []string{q.OrderNumber, q.ShippingCountryCode, q.ShippingCountry, q.ShippingProvince, q.ShippingCity, q.ShippingCustomerName, q.ShippingAddress, q.LogisticName, q.FromCountryCode} {
		if must == "" {
			return no(1600300, "must not be empty")
		}
	}
	switch {
	case q.Platform == "":
		return fails("5027 Platform null not support")
	case slices.Contains(s.Quirks.RefusesPlatforms, q.Platform):
		return fails("5027:Platform " + q.Platform + " not support")
	case q.ShopLogisticsType == 1:
		return fails("5030 Storage ID cannot be empty")
	case q.ShippingCountryCode == "FR" && q.IossType == 0:
		return fails("7001:Please enter a IOSS number.; Ioss Option: Please enter a IOSS number.")
	case !s.Quirks.TakesDuplicates && slices.ContainsFunc(s.Orders, func(o *Order) bool { return o.Ref == q.OrderNumber && o.Status != "DELETED" }):
		return no(1603003, "Order exist, please do not duplicate create")
	}
	s.Numbers++
	o := &Order{
		Code: fmt.Sprintf("SD2611220000%06d", s.Numbers), Numeric: fmt.Sprintf("26112200%010d", s.Numbers), Ref: q.OrderNumber, Status: "CREATED",
		Lines: q.Products, Logistic: q.LogisticName, Platform: q.Platform, Country: q.ShippingCountryCode, Remark: q.Remark, Created: s.Now(),
		Sandbox: q.IsSandbox == float64(1), // and nothing else
	}
	o.NoLogistic = q.ShopLogisticsType == 3 || s.Methods[q.LogisticName] == ""
	for _, l := range q.Products {
		for _, v := range s.Variants {
			if v.VID == l.VID && v.Gone {
				return no(1602003, "Variant has been removed")
			} else if v.VID == l.VID {
				price, _ := strconv.ParseFloat(v.Price, 64)
				o.Goods += int64(price*100+0.5) * l.Quantity
			}
		}
	}
	price, _ := strconv.ParseFloat(s.Methods[q.LogisticName], 64)
	o.Freight = int64(price*100+0.5) + s.Quirks.Rise
	if q.IossType == 3 {
		o.Fees = 50
	}
	o.Confirming = s.Quirks.ConfirmLooks
	s.Orders = append(s.Orders, o)
	if q.PayType != 3 { // 2 charges at once: a test that gets here has failed
		s.Payments = append(s.Payments, Payment{o.Code, o.Ref, o.total(), o.Sandbox}, Payment{o.Code, o.Ref, o.total(), o.Sandbox})
	}
	return ok(map[string]any{
		"orderNumber": o.Ref, "orderId": o.Code, "shipmentOrderId": nil, "iossAmount": "", "iossTaxHandlingFee": "", "postageAmount": cents(o.Freight),
		"productAmount": cents(o.Goods), "actualPayment": cents(o.total()), "cjPayUrl": "", "orderAmount": nil, "logisticsMiss": false,
		"orderStatus": "CREATED", "productInfoList": []any{}, "interceptOrderReasons": []any{},
	})
}

func (o *Order) total() int64 { return o.Goods + o.Freight + o.Fees }

func (s *Server) confirm(id string) answer {
	o := s.order(id)
	switch {
	case o == nil || id != o.Code: // it wants the code, not the number
		return no(1600300, "order not found")
	case o.Status != "CREATED" && o.Status != "IN_CART":
		return no(1603001, "order confirm fail")
	case o.NoLogistic:
		return no(1603001, "Logistic not found")
	case o.Confirming > 0:
		o.Confirming--
		if o.Confirming == 0 {
			o.Status = "UNPAID"
		}
		return no(1603001, "The order is being confirmed, please try again later")
	}
	o.Status = "UNPAID"
	return ok(o.Code)
}

func when(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.UTC().Format(time.DateTime)
}

func text(s string) any {
	if s == "" {
		return nil
	}
	return s
}

func (s *Server) show(o *Order) map[string]any {
	products := []any{}
	for _, l := range o.Lines {
		products = append(products, map[string]any{"vid": l.VID, "quantity": l.Quantity, "sellPrice": 0.57, "lineItemId": "25" + l.VID, "storeLineItemId": l.Store})
	}
	sandbox := 0
	if o.Sandbox {
		sandbox = 1
	}
	status, paid := o.Status, o.Paid
	if o.PaidSeen > 0 {
		o.PaidSeen--
		status, paid = "UNPAID", time.Time{}
	}
	if o.Confirming > 0 && o.Status == "CREATED" && s.Asked["/shopping/order/confirmOrder"] > 0 {
		if o.Confirming--; o.Confirming == 0 {
			o.Status = "UNPAID"
		}
	}
	out := map[string]any{
		"orderId": o.Numeric, "orderNum": o.Ref, "cjOrderId": o.Code, "shippingCountryCode": o.Country, "remark": text(o.Remark), "orderWeight": 20,
		"orderStatus": status, "orderAmount": cents(o.total()), "productAmount": cents(o.Goods), "postageAmount": cents(o.Freight),
		"logisticName": o.Logistic, "trackNumber": text(o.Track), "trackingUrl": text(o.URL), "trackingProvider": text(o.Carrier),
		"createDate": when(o.Created), "paymentDate": when(paid), "outWarehouseTime": when(o.Left), "productList": products, "isComplete": 1,
		"fromCountryCode": "CN", "disputeId": text(o.Dispute), "isSandbox": sandbox,
	}
	if s.Quirks.NoCodes {
		out["cjOrderId"] = nil
	}
	if len(o.Split) > 0 {
		var parts []any
		for _, code := range o.Split {
			parts = append(parts, map[string]any{"orderCode": code, "orderStatus": 300})
		}
		out["splitOrderList"] = parts
	}
	return out
}

func (s *Server) hidden(o *Order) bool { return s.Now().Sub(o.Created) < s.Quirks.Hidden }

func (s *Server) detail(name string) answer {
	o := s.order(name)
	if o == nil && !s.Quirks.NoLookup {
		if i := slices.IndexFunc(s.Orders, func(o *Order) bool { return o.Ref == name }); i >= 0 {
			o = s.Orders[i]
		}
	}
	switch {
	case o != nil && o.Status != "DELETED" && !s.hidden(o):
		return ok(s.show(o))
	case s.Quirks.LookupFails:
		return answer{http.StatusInternalServerError, 500, "NullPointerException", nil}
	case s.Quirks.LookupAnything && len(s.Orders) > 0:
		return ok(s.show(s.Orders[0]))
	}
	return no(1600300, "order not found")
}

func (s *Server) list(status, pageNum, pageSize string) answer {
	if status == "" {
		status = "CANCELLED"
	}
	page, _ := strconv.Atoi(pageNum)
	size, _ := strconv.Atoi(pageSize)
	if s.Quirks.PageCap > 0 {
		size = min(size, s.Quirks.PageCap)
	}
	if s.Quirks.NeverTurns {
		page = 1
	}
	var all []any
	for _, o := range slices.Backward(s.Orders) {
		if o.Status != "DELETED" && !s.hidden(o) && (s.Quirks.IgnoresFilter || o.Status == status) {
			all = append(all, s.show(o))
		}
	}
	from := min((page-1)*size, len(all))
	out := map[string]any{"pageNum": page, "pageSize": size, "list": all[from:min(from+size, len(all))]}
	if len(all) == 0 {
		out["list"] = []any{}
	}
	switch {
	case s.Quirks.Withholds:
		out["total"] = len(all) + 5
	case !s.Quirks.NoTotal:
		out["total"] = len(all)
	}
	return ok(out)
}

func (s *Server) remove(id string) answer {
	o := s.order(id)
	switch {
	case o == nil:
		return no(1600300, "order not found")
	case o.Status != "CREATED" && o.Status != "IN_CART":
		return no(1603000, "order can not be deleted")
	}
	o.Status = "DELETED"
	return ok(o.Code)
}

func (s *Server) pay(id string, simulated bool) answer {
	o := s.order(id)
	switch {
	case o == nil || id != o.Code:
		return no(1600300, "order not found")
	case simulated != o.Sandbox && simulated:
		return no(1600100, "not a sandbox order")
	case simulated != o.Sandbox:
		return answer{http.StatusBadRequest, 1600100, "sandbox order can not be paid", nil}
	case o.Status != "UNPAID" && !s.Quirks.PaysTwice:
		return no(1600100, "Param error")
	case !simulated && s.Cents < o.total():
		code := s.Quirks.BalanceCode
		if code == 0 {
			code = 1604000
		}
		return no(code, "Insufficient balance")
	}
	if !simulated {
		s.Cents -= o.total()
	}
	o.Status, o.Paid, o.PaidSeen = "UNSHIPPED", s.Now(), s.Quirks.PaidLooks
	s.Payments = append(s.Payments, Payment{o.Code, o.Ref, o.total(), o.Sandbox})
	return ok(12)
}

func (s *Server) bills() answer {
	list := []any{}
	for i, b := range s.Bills {
		list = append(list, map[string]any{"orderCode": fmt.Sprintf("BT%d", i), "cjOrderCode": b.Order, "status": b.Status, "amount": cents(b.Cents), "reason": "weight"})
	}
	return ok(map[string]any{"type": 0, "pageData": map[string]any{"content": list}})
}

func (s *Server) disputes(order string) answer {
	list := []any{}
	for _, d := range s.Disputes {
		if d.Order == order {
			list = append(list, map[string]any{"id": d.ID, "status": d.Status, "money": cents(d.Cents), "finallyDeal": deal(d.Deal), "disputeReason": "Damaged"})
		}
	}
	return ok(map[string]any{"pageNum": 1, "pageSize": 20, "total": len(list), "list": list})
}

func deal(n int) any {
	if n == 0 {
		return nil
	}
	return n
}
