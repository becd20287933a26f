-- Questions to the tables of: communique run --input examples/news --output tables
-- duckdb < examples/queries.sql

CREATE VIEW articles AS SELECT * FROM read_parquet('tables/articles/**/*.parquet', hive_partitioning = true);
CREATE VIEW all_events AS SELECT * FROM read_parquet('tables/events/**/*.parquet', hive_partitioning = true);
CREATE VIEW rejects AS SELECT * FROM read_parquet('tables/rejects/**/*.parquet', hive_partitioning = true);

-- Events of the newest revision of each article.
CREATE VIEW events AS
SELECT all_events.* FROM all_events
SEMI JOIN (SELECT article_id, max(revision) AS revision FROM articles GROUP BY ALL) USING (article_id, revision);

-- What happens month by month?
PIVOT (SELECT month, event_type FROM events) ON event_type USING count(*) GROUP BY month ORDER BY month;

-- Who refuses what?
SELECT published_at::DATE AS day, actor, content_text, source_name
FROM events
WHERE event_type = 'refusal' AND actor IS NOT NULL
ORDER BY day, actor;

-- Which sentences refuse and set a condition at once?
SELECT any_value(actor) AS actor, sentence
FROM events
WHERE event_type IN ('refusal', 'condition')
GROUP BY article_id, sentence_index, sentence
HAVING count(DISTINCT event_type) = 2;

-- Who was killed or hurt, as the sources say? Reports of one attack are not added up: each is a row.
SELECT published_at::DATE AS day, killed_low, killed_high, injured_low, injured_high, sentence
FROM events
WHERE event_type = 'casualty_report'
ORDER BY day, killed_low DESC;

-- How does a toll grow from revision to revision?
SELECT article_title, revision, killed_low, sentence
FROM all_events
WHERE event_type = 'casualty_report' AND article_id IN (SELECT article_id FROM articles WHERE revision > 1)
ORDER BY article_title, revision, sentence_index;

-- Is the sentence really where the row says? No row comes back.
SELECT event_id
FROM events JOIN articles USING (article_id, revision)
WHERE substring(CASE sentence_field WHEN 'title' THEN title ELSE text END, sentence_start + 1, sentence_end - sentence_start) <> sentence;

-- What could not be read?
SELECT reason, count(*) AS pieces, any_value(detail) AS for_example FROM rejects GROUP BY reason ORDER BY pieces DESC;
