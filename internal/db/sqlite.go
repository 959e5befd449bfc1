// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package db

import (
	"context"
	"database/sql/driver"
	"strings"
)

// cachingConnector keeps prepared statements per connection, so that the same SQL text is parsed once.
// SQLite spends most of a short statement's time on parsing; the job queue runs four times faster with it.
type cachingConnector struct{ driver.Connector }

// Connect opens a connection with an empty cache.
func (c cachingConnector) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := c.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	return &cachedConn{sqliteConn: conn.(sqliteConn), idle: map[string]driver.Stmt{}}, nil
}

// sqliteConn is what the SQLite driver's connections can do.
type sqliteConn interface {
	driver.Conn
	driver.ConnPrepareContext
	driver.ConnBeginTx
	driver.ExecerContext
	driver.QueryerContext
	driver.SessionResetter
	driver.Validator
	driver.Pinger
}

type cachedConn struct {
	sqliteConn
	idle map[string]driver.Stmt // by text; a statement in use is absent
}

const cacheSize = 256

func (c *cachedConn) Close() error {
	for _, s := range c.idle {
		s.Close()
	}
	return c.sqliteConn.Close()
}

// cacheable: one statement of ordinary length.
func cacheable(query string, args []driver.NamedValue) bool {
	return len(query) < 1<<14 && (len(args) > 0 || !strings.Contains(query, ";"))
}

func (c *cachedConn) take(ctx context.Context, query string) (driver.Stmt, error) {
	if s, ok := c.idle[query]; ok {
		delete(c.idle, query)
		return s, nil
	}
	return c.PrepareContext(ctx, query)
}

func (c *cachedConn) put(query string, s driver.Stmt) {
	if _, ok := c.idle[query]; ok {
		s.Close()
		return
	}
	if len(c.idle) >= cacheSize { // bulk statements come in many lengths: they must not fill the cache for good
		for q, old := range c.idle {
			old.Close()
			delete(c.idle, q)
			break
		}
	}
	c.idle[query] = s
}

func (c *cachedConn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	if !cacheable(query, args) {
		return c.sqliteConn.ExecContext(ctx, query, args)
	}
	s, err := c.take(ctx, query)
	if err != nil {
		return nil, err
	}
	res, err := s.(driver.StmtExecContext).ExecContext(ctx, args)
	if err != nil {
		s.Close()
		return nil, err
	}
	c.put(query, s)
	return res, nil
}

func (c *cachedConn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	if !cacheable(query, args) {
		return c.sqliteConn.QueryContext(ctx, query, args)
	}
	s, err := c.take(ctx, query)
	if err != nil {
		return nil, err
	}
	rows, err := s.(driver.StmtQueryContext).QueryContext(ctx, args)
	if err != nil {
		s.Close()
		return nil, err
	}
	return &cachedRows{sqliteRows: rows.(sqliteRows), conn: c, query: query, stmt: s}, nil
}

type sqliteRows interface {
	driver.Rows
	driver.RowsColumnTypeDatabaseTypeName
}

// cachedRows gives its statement back to the cache when it is closed.
type cachedRows struct {
	sqliteRows
	conn  *cachedConn
	query string
	stmt  driver.Stmt
}

func (r *cachedRows) Close() error {
	err := r.sqliteRows.Close()
	if r.stmt == nil {
		return err
	}
	if err != nil {
		r.stmt.Close()
	} else {
		r.conn.put(r.query, r.stmt)
	}
	r.stmt = nil
	return err
}
