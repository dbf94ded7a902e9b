SELECT 1
SELECT count(*) FROM campaigns
FROM campaigns
FROM campaigns SELECT platform, sum(spend) GROUP BY ALL ORDER BY ALL
TABLE campaigns
VALUES (1, 'a'), (2, 'b')
SELECT platform, sum(spend) AS spend, sum(clicks) / nullif(sum(impressions), 0) AS ctr FROM campaigns GROUP BY platform ORDER BY spend DESC LIMIT 10;
SELECT platform, sum(spend) FILTER (WHERE date >= DATE '2024-01-01') FROM campaigns GROUP BY 1 HAVING sum(spend) > 10000
SELECT date_trunc('month', date) AS month, sum(spend) FROM campaigns GROUP BY 1 ORDER BY 1
SELECT strftime(date, '%Y-%m') AS month, avg(spend) FROM campaigns WHERE date BETWEEN '2024-01-01' AND '2024-12-31' GROUP BY 1
SELECT dayname(date), extract(dow FROM date), week(date), quarter(date), year(date), monthname(date) FROM campaigns
SELECT date + INTERVAL 7 DAY, date - INTERVAL '1 month', datediff('day', min(date) OVER (), date), age(date) FROM campaigns
SELECT time_bucket(INTERVAL '1 week', date), sum(clicks) FROM campaigns GROUP BY 1
SELECT campaign_id, row_number() OVER (PARTITION BY platform ORDER BY spend DESC) AS rank FROM campaigns QUALIFY rank <= 3
SELECT date, sum(spend) OVER (ORDER BY date ROWS BETWEEN 6 PRECEDING AND CURRENT ROW) FROM campaigns
SELECT date, avg(spend) OVER w, lag(spend) OVER w, lead(spend, 7, 0) OVER w FROM campaigns WINDOW w AS (PARTITION BY platform ORDER BY date)
SELECT ntile(4) OVER (ORDER BY spend), percent_rank() OVER (ORDER BY spend), cume_dist() OVER (ORDER BY spend) FROM campaigns
SELECT first_value(spend IGNORE NULLS) OVER (ORDER BY date RANGE BETWEEN INTERVAL 7 DAYS PRECEDING AND CURRENT ROW EXCLUDE CURRENT ROW) FROM campaigns
WITH daily AS (SELECT date, sum(spend) AS s FROM campaigns GROUP BY date) SELECT avg(s) FROM daily
WITH a AS (SELECT 1 AS x), b AS (SELECT x + 1 AS y FROM a) SELECT * FROM a, b
WITH t AS MATERIALIZED (SELECT * FROM campaigns) SELECT * FROM t JOIN t AS u USING (campaign_id)
WITH RECURSIVE days AS (SELECT DATE '2024-01-01' AS d UNION ALL SELECT d + 1 FROM days WHERE d < DATE '2024-02-01') SELECT d, coalesce(sum(spend), 0) FROM days LEFT JOIN campaigns ON date = d GROUP BY d
SELECT * FROM campaigns c WHERE spend > (SELECT avg(spend) FROM campaigns WHERE platform = c.platform)
SELECT * FROM campaigns WHERE campaign_id IN (SELECT campaign_id FROM orders) AND EXISTS (SELECT 1 FROM orders o WHERE o.campaign_id = campaigns.campaign_id)
SELECT platform FROM campaigns UNION SELECT source FROM orders EXCEPT SELECT 'x' INTERSECT SELECT 'y'
SELECT platform, spend FROM campaigns UNION ALL BY NAME SELECT source AS platform FROM orders
SELECT platform, device, sum(spend) FROM campaigns GROUP BY GROUPING SETS ((platform, device), (platform), ())
SELECT platform, device, grouping(platform), sum(spend) FROM campaigns GROUP BY ROLLUP (platform, device)
SELECT platform, sum(spend) FROM campaigns GROUP BY CUBE (platform, device)
SELECT DISTINCT ON (platform) platform, campaign_id, spend FROM campaigns ORDER BY platform, spend DESC
SELECT * EXCLUDE (spend) REPLACE (upper(platform) AS platform) RENAME (clicks AS taps) FROM campaigns
SELECT COLUMNS('sp.*') FROM campaigns
SELECT sum(COLUMNS(* EXCLUDE (platform, date))) FROM campaigns
SELECT a.*, b.spend FROM campaigns a ASOF JOIN campaigns b ON a.campaign_id = b.campaign_id AND a.date >= b.date
SELECT * FROM campaigns POSITIONAL JOIN orders
SELECT * FROM campaigns SEMI JOIN orders USING (campaign_id)
SELECT * FROM campaigns ANTI JOIN orders USING (campaign_id)
SELECT * FROM campaigns, LATERAL (SELECT max(amount) AS top FROM orders WHERE orders.campaign_id = campaigns.campaign_id) AS o
SELECT unnest([1, 2, 3]), unnest(generate_series(1, 3))
SELECT d::DATE, coalesce(sum(spend), 0) FROM generate_series(DATE '2024-01-01', DATE '2024-01-31', INTERVAL 1 DAY) AS days(d) LEFT JOIN campaigns ON date = d GROUP BY 1
SELECT * FROM range(10) AS r(i), unnest(['a', 'b']) AS u(x)
PIVOT campaigns ON platform USING sum(spend)
PIVOT campaigns ON platform USING sum(spend) AS total, avg(clicks) GROUP BY date ORDER BY date LIMIT 5
PIVOT campaigns ON platform IN ('Meta', 'TikTok') USING sum(spend) GROUP BY campaign_id
PIVOT (SELECT * FROM campaigns WHERE spend > 10) ON year(date), device USING sum(spend)
WITH p AS (PIVOT campaigns ON device USING sum(clicks) GROUP BY platform) SELECT * FROM p
SELECT * FROM (PIVOT campaigns ON device USING sum(clicks)) ORDER BY 1
FROM campaigns PIVOT (sum(spend) FOR platform IN ('Meta', 'TikTok') GROUP BY device)
UNPIVOT campaigns ON spend, clicks INTO NAME metric VALUE amount
FROM campaigns UNPIVOT (amount FOR metric IN (spend, clicks))
SELECT list(platform ORDER BY spend DESC)[1:3], list_transform([1, 2], lambda x: x * 2), [x * 2 FOR x IN [1, 2, 3] IF x > 1] FROM campaigns
SELECT list_filter(list(spend), x -> x > 1), list_reduce(list(spend), (a, b) -> a + b) FROM campaigns
SELECT {'a': 1, 'b': 'x'} AS s, s.a, struct_pack(k := 1), row(1, 2), MAP {'k': 1}['k'] FROM campaigns
SELECT json_extract_string('{"a": 1}', '$.a'), '{"a": {"b": 2}}'::JSON -> 'a' ->> 'b'
SELECT * FROM json_each('{"a": 1}')
SELECT arg_max(campaign_id, spend), arg_min(campaign_id, spend), mode(platform), median(spend), quantile_cont(spend, [0.25, 0.75]) FROM campaigns
SELECT corr(spend, clicks), regr_slope(clicks, spend), stddev_samp(spend), var_pop(spend), skewness(spend), kurtosis(spend), entropy(platform) FROM campaigns
SELECT approx_count_distinct(campaign_id), approx_quantile(spend, 0.5), count(DISTINCT device), bool_or(spend > 1), histogram(platform) FROM campaigns
SELECT percentile_cont(0.9) WITHIN GROUP (ORDER BY spend) FROM campaigns
SELECT string_agg(DISTINCT platform, ', ' ORDER BY platform), max(spend, 3), min_by(campaign_id, spend, 2) FROM campaigns
SELECT regexp_extract(campaign_id, '(\d+)', 1), regexp_replace(platform, '\s+', ' ', 'g'), split_part(platform, ' ', 1), platform ILIKE '%ads%', platform SIMILAR TO 'M.*', platform GLOB 'M*' FROM campaigns
SELECT CASE WHEN spend > 100 THEN 'high' WHEN spend > 10 THEN 'mid' ELSE 'low' END AS tier, count(*) FROM campaigns GROUP BY tier
SELECT CASE platform WHEN 'Meta' THEN 1 ELSE 0 END, if(spend > 1, 'a', 'b'), ifnull(spend, 0), coalesce(spend, clicks, 0), greatest(1, 2), least(1, 2) FROM campaigns
SELECT round(spend, 2), floor(spend), ceil(spend), abs(-1), ln(10), log(10), exp(1), sqrt(2), power(2, 3), 7 % 3, 7 // 2, 2 ** 3, -spend, random(), pi() FROM campaigns
SELECT try_cast('x' AS INTEGER), '2024-01-01'::DATE, CAST(spend AS DECIMAL(18, 2)), TRY(1 / 0), spend::VARCHAR COLLATE NOCASE FROM campaigns
SELECT date AT TIME ZONE 'Europe/Moscow', now(), current_date, today(), to_timestamp(0), epoch(now()), make_date(2024, 1, 1), last_day(date) FROM campaigns
SELECT * FROM campaigns WHERE platform IS NOT DISTINCT FROM NULL OR spend IS NULL OR NOT (clicks BETWEEN 1 AND 2) OR device NOT IN ('a', 'b') OR spend = ANY (SELECT amount FROM orders)
SELECT * FROM campaigns USING SAMPLE 10%
SELECT * FROM campaigns TABLESAMPLE RESERVOIR(20 ROWS) REPEATABLE (42)
SELECT * FROM campaigns LIMIT 10% OFFSET 5
SELECT #1, #2 FROM (SELECT platform, spend FROM campaigns)
SELECT platform AS "Платформа", sum(spend) AS "Расход, ₽" FROM campaigns WHERE platform = 'Яндекс Директ' GROUP BY "Платформа"
SELECT "group", "order" FROM "my table" AS "t t"
SELECT * FROM main.campaigns
SELECT c.platform FROM data.main.campaigns AS c
SELECT campaigns.platform FROM data.campaigns
-- spend by platform
SELECT /* the total; not a second statement */ sum(spend) FROM campaigns -- ; DROP TABLE campaigns
SELECT 'it''s; DROP TABLE x', $$dollar ; quoted$$, E'tab\t' FROM campaigns
SELECT 'read_csv(''/etc/passwd'')' AS text
EXPLAIN SELECT * FROM campaigns
EXPLAIN ANALYZE SELECT platform, count(*) FROM campaigns GROUP BY 1
explain (format json) select * from campaigns
SUMMARIZE campaigns
SUMMARIZE SELECT platform, spend FROM campaigns
DESCRIBE campaigns
DESCRIBE SELECT platform FROM campaigns
SELECT l_returnflag, l_linestatus, sum(l_quantity) AS sum_qty, sum(l_extendedprice * (1 - l_discount) * (1 + l_tax)) AS sum_charge, count(*) AS count_order FROM lineitem WHERE l_shipdate <= CAST('1998-09-02' AS DATE) GROUP BY l_returnflag, l_linestatus ORDER BY l_returnflag, l_linestatus
SELECT s_name, count(*) AS numwait FROM supplier, lineitem l1, orders, nation WHERE s_suppkey = l1.l_suppkey AND o_orderkey = l1.l_orderkey AND EXISTS (SELECT * FROM lineitem l2 WHERE l2.l_orderkey = l1.l_orderkey AND l2.l_suppkey <> l1.l_suppkey) AND NOT EXISTS (SELECT * FROM lineitem l3 WHERE l3.l_orderkey = l1.l_orderkey) GROUP BY s_name ORDER BY numwait DESC LIMIT 100
SELECT c_count, count(*) AS custdist FROM (SELECT c_custkey, count(o_orderkey) FROM customer LEFT OUTER JOIN orders ON c_custkey = o_custkey AND o_comment NOT LIKE '%special%requests%' GROUP BY c_custkey) AS c_orders (c_custkey, c_count) GROUP BY c_count ORDER BY custdist DESC
FROM histogram(campaigns, spend)
FROM histogram(data.main.campaigns, spend, bin_count := 3)
WITH d AS (SELECT spend FROM campaigns) FROM histogram_values(d, spend)
