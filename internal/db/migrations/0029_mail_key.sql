-- SPDX-FileCopyrightText: The Fengsui Authors
-- SPDX-License-Identifier: Apache-2.0

-- +goose Up
-- org: owner internal/member
ALTER TABLE org ADD COLUMN certificate TEXT NOT NULL DEFAULT ''; -- S/MIME certificate or OpenPGP key that mail is encrypted for
ALTER TABLE org ADD COLUMN webhook_former_sealed BYTEA; -- the secret before the last rotation, which signs as well until webhook_former_until
ALTER TABLE org ADD COLUMN webhook_former_until TIMESTAMPTZ;
