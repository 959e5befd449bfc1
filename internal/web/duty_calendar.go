// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package web

import (
	"github.com/fengsui/fengsui/internal/spec/ical"
)

// dutyCalendar is when the organisation's duties fall due, as a file.
func (s *Server) dutyCalendar(v *view) error {
	c, err := s.Duties.Calendar(v.Context(), v.Actor, v.P)
	return v.calendar(c, err)
}

// dutyCalendarBySecret is the same for a calendar program that knows a person's private address.
func (s *Server) dutyCalendarBySecret(v *view) error {
	c, err := s.Duties.CalendarBySecret(v.Context(), v.PathValue("secret"))
	return v.calendar(c, err)
}

func (v *view) calendar(c ical.Calendar, err error) error {
	if err != nil {
		return err
	}
	h := v.w.Header()
	h.Set("Content-Type", ical.MediaType)
	h.Set("Content-Disposition", `attachment; filename="fengsui-duties.ics"`)
	h.Set("Cache-Control", "private, no-store")
	if _, err := c.WriteTo(v.w); err != nil && v.Context().Err() == nil {
		return err
	}
	return nil
}

// dutyCalendarOpen makes a new private address and shows it, this once.
func (s *Server) dutyCalendarOpen(v *view) error {
	secret, err := s.Duties.OpenCalendar(v.Context(), v.Actor)
	if err != nil {
		return err
	}
	return s.dutyListShow(v, secret)
}

func (s *Server) dutyCalendarClose(v *view) error {
	if err := s.Duties.CloseCalendar(v.Context(), v.Actor); err != nil {
		return err
	}
	return v.see("/duties")
}
