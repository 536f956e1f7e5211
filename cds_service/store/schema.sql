CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
CREATE TABLE cards_served (
	id INTEGER NOT NULL, 
	card VARCHAR(36) NOT NULL, 
	client TEXT NOT NULL, 
	service TEXT NOT NULL, 
	decision TEXT NOT NULL, 
	ruleset TEXT NOT NULL, 
	language VARCHAR(8) NOT NULL, 
	patient VARCHAR(64) NOT NULL, 
	day DATE NOT NULL, 
	served_at DATETIME NOT NULL, 
	CONSTRAINT pk_cards_served PRIMARY KEY (id), 
	CONSTRAINT uq_cards_served_card_client UNIQUE (card, client)
);
CREATE INDEX ix_cards_served_served_at ON cards_served (served_at);
CREATE TABLE recommendations_served (
	served INTEGER NOT NULL, 
	recommendation TEXT NOT NULL, 
	indicator TEXT NOT NULL, 
	CONSTRAINT pk_recommendations_served PRIMARY KEY (served, recommendation), 
	CONSTRAINT fk_recommendations_served_served FOREIGN KEY(served) REFERENCES cards_served (id) ON DELETE CASCADE
);
CREATE TABLE feedback (
	id INTEGER NOT NULL, 
	card VARCHAR(36) NOT NULL, 
	client TEXT NOT NULL, 
	service TEXT NOT NULL, 
	outcome TEXT NOT NULL, 
	outcome_at DATETIME NOT NULL, 
	day DATE NOT NULL, 
	received_at DATETIME NOT NULL, 
	suggestions JSON NOT NULL, 
	reason TEXT NOT NULL, 
	commented BOOLEAN NOT NULL, 
	comment BLOB, 
	CONSTRAINT pk_feedback PRIMARY KEY (id), 
	CONSTRAINT uq_feedback_card_client_outcome_outcome_at UNIQUE (card, client, outcome, outcome_at)
);
CREATE INDEX ix_feedback_received_at ON feedback (received_at);
CREATE TABLE overrides (
	patient VARCHAR(64) NOT NULL, 
	recommendation TEXT NOT NULL, 
	day DATE NOT NULL, 
	card VARCHAR(36) NOT NULL, 
	CONSTRAINT pk_overrides PRIMARY KEY (patient, recommendation)
)
 WITHOUT ROWID;
CREATE INDEX ix_overrides_day ON overrides (day);
CREATE TABLE shown (
	patient VARCHAR(64) NOT NULL, 
	decision TEXT NOT NULL, 
	content VARCHAR(64) NOT NULL, 
	day DATE NOT NULL, 
	CONSTRAINT pk_shown PRIMARY KEY (patient, decision)
)
 WITHOUT ROWID;
CREATE INDEX ix_shown_day ON shown (day);
CREATE TABLE used_tokens (
	token VARCHAR(64) NOT NULL, 
	expires BIGINT NOT NULL, 
	CONSTRAINT pk_used_tokens PRIMARY KEY (token)
)
 WITHOUT ROWID;
CREATE INDEX ix_used_tokens_expires ON used_tokens (expires);
INSERT INTO alembic_version VALUES ('0002');
