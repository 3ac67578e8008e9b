package demo

import supplier "github.com/orderdeck/orderdeck/sync/supplier/demo"

// trackingURL is where a parcel can be followed; nobody answers there (RFC 2606).
const trackingURL = "https://track.example.com/"

// tracking is the carrier and number of a parcel of a part. The numbers have the shapes of the carriers' own, and
// where those have a check digit (UPU S10) it is right.
func (p *plan) tracking(part, parcel int) (carrier, number string) {
	i := p.index
	if p.fate == sameTracking {
		i, part, parcel = i&^1, 0, 0
	}
	d := roll(p.view.seed, p.view.id, uint64(i*16+part*2+parcel), topicParcel)
	via := p.parts[min(part, len(p.parts)-1)].via
	switch {
	case via == minas:
		return "Correios", s10(&d, pick(&d, []string{"AA", "NM", "OV", "QQ"}), "BR")
	case via == own && p.land == poland && d.in(550):
		return "InPost", "6" + figures(&d, 23)
	case via == own && p.land == poland:
		return "DPD", figures(&d, 13) + "U"
	case via == own:
		return "Poczta Polska", s10(&d, "CP", "PL")
	case via == lumen && p.land == portugal:
		return "CTT", s10(&d, "DA", "PT")
	case via == lumen && p.land == poland:
		return "DPD", figures(&d, 13) + "U"
	case via == lumen:
		return "DHL", "JD01" + figures(&d, 16)
	case p.land == america:
		return "USPS", "9400" + figures(&d, 18)
	case p.land == japan:
		return "Yamato", figures(&d, 4) + "-" + figures(&d, 4) + "-" + figures(&d, 4)
	}
	return "Kite Line", "KT" + figures(&d, 14) + "Y"
}

func figures(d *dice, n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte('0' + d.n(10))
	}
	return string(b)
}

// s10 is a number of the Universal Postal Union's standard S10.
func s10(d *dice, service, country string) string {
	return supplier.S10(service, figures(d, 8), country)
}

// scanWords are what carriers say of a parcel on its way, by the language of the carrier.
var scanWords = map[string][6]string{
	"pt": {"Objeto postado", "Em trânsito para a unidade de tratamento", "Em trânsito", "Chegou à unidade de distribuição", "Saiu para entrega", "Entregue ao destinatário"},
	"pl": {"Nadana", "Przyjęta w sortowni", "W drodze", "W oddziale doręczającym", "Wydana do doręczenia", "Doręczona"},
	"en": {"Picked up", "Departed from facility", "Arrived at destination country", "At the delivery depot", "Out for delivery", "Delivered"},
}

func scanLanguage(carrier string) string {
	switch carrier {
	case "Correios", "CTT":
		return "pt"
	case "InPost", "DPD", "Poczta Polska":
		return "pl"
	}
	return "en"
}
