package flow

import (
	"cmp"
	"slices"
)

// Used is a lot of material that went into a job at a stage: a board's mill lot, a compound batch, a heat of steel.
type Used struct {
	Lot      string   `json:"lot"`
	Material string   `json:"material,omitempty"`
	Supplier string   `json:"supplier,omitempty"`
	Quantity Quantity `json:"quantity,omitempty"`
	Unit     string   `json:"unit,omitempty"`
}

// Made is a lot that came out of a stage: a carton lot, a batch of tablets. Another job may use it.
type Made struct {
	Lot      string   `json:"lot"`
	Quantity Quantity `json:"quantity"` // the good of the reports that named it
}

// maxUsed is how many lots a stage of a job may use.
const maxUsed = 40

// captures checks the lots that were told, and that a stage which asks for them has them before anything goes on.
func (a Release) captures(stage Stage, s StageState, when askedAt) error {
	if len(a.Used) > maxUsed {
		return &Refusal{Code: TooMany, Name: "lots", Limit: maxUsed}
	}
	for _, u := range a.Used {
		if u.Lot == "" || u.Quantity < 0 || u.Quantity > MaxQuantity {
			return &Refusal{Code: LotNeeded, Stage: stage.Code}
		}
		for _, text := range []string{u.Lot, u.Material, u.Supplier, u.Unit} {
			if err := tooLong("lot", text, MaxNumber); err != nil {
				return err
			}
		}
	}
	if err := tooLong("lot", a.Made, MaxNumber); err != nil {
		return err
	}
	switch {
	case when != onRelease:
		return nil
	case stage.LotIn && len(a.Used)+len(s.Used) == 0:
		return &Refusal{Code: LotNeeded, Stage: stage.Code}
	case stage.LotOut && a.Made == "":
		return &Refusal{Code: LotOutNeeded, Stage: stage.Code}
	}
	return nil
}

// use books lots that went in; a lot told again adds up.
func (s *StageState) use(used []Used) {
	for _, u := range used {
		same := func(x Used) bool {
			return NumberKey(x.Lot) == NumberKey(u.Lot) && x.Material == u.Material && x.Unit == u.Unit
		}
		if i := slices.IndexFunc(s.Used, same); i >= 0 {
			s.Used = slices.Clone(s.Used)
			s.Used[i].Quantity += u.Quantity
			s.Used[i].Supplier = cmp.Or(u.Supplier, s.Used[i].Supplier)
			continue
		}
		s.Used = append(slices.Clip(s.Used), u)
	}
}

// make books a lot that came out.
func (s *StageState) make(lot string, good Quantity) {
	if lot == "" {
		return
	}
	if i := slices.IndexFunc(s.Made, func(x Made) bool { return NumberKey(x.Lot) == NumberKey(lot) }); i >= 0 {
		s.Made = slices.Clone(s.Made)
		s.Made[i].Quantity += good
		return
	}
	s.Made = append(slices.Clip(s.Made), Made{Lot: lot, Quantity: good})
}
