SELECT platform, sum(spend) FROM campaigns GROUP BY 1 ORDER BY 2 DESC LIMIT 10;
SELECT date_trunc('month', date) AS m, sum(spend) FILTER (WHERE clicks > 0) FROM campaigns GROUP BY m
WITH d AS (SELECT date, sum(spend) s FROM campaigns GROUP BY 1) SELECT avg(s) OVER (ORDER BY date) FROM d
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 9) SELECT * FROM n
SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY spend), mode() WITHIN GROUP (ORDER BY platform) FROM campaigns
SELECT DISTINCT ON (platform) * FROM campaigns ORDER BY platform, spend DESC
SELECT platform, device, sum(spend) FROM campaigns GROUP BY GROUPING SETS ((platform), (device), ())
SELECT d::date, coalesce(sum(spend), 0) FROM generate_series('2024-01-01'::date, '2024-01-31', '1 day') d LEFT JOIN campaigns ON date = d GROUP BY 1
SELECT spend / nullif(clicks, 0)::numeric, round(spend, 2), extract(dow FROM date), to_char(date, 'YYYY-MM') FROM campaigns
SELECT platform ILIKE '%ads%', platform ~* 'meta', split_part(platform, ' ', 1), string_agg(device, ', ' ORDER BY device) FROM campaigns GROUP BY platform
SELECT array_agg(spend), (array_agg(spend))[1], unnest(ARRAY[1, 2]), jsonb_build_object('a', 1) ->> 'a' FROM campaigns
SELECT json_object('a': 1), json_value('{"a": 1}', '$.a'), jsonb_path_query('{}', '$')
SELECT * FROM campaigns c, LATERAL (SELECT max(amount) FROM orders o WHERE o.id = c.id) x
SELECT CASE WHEN spend > 1 THEN 'a' ELSE 'b' END, current_date, now() - interval '30 days', width_bucket(spend, 0, 100, 10) FROM campaigns
SELECT * FROM public.campaigns TABLESAMPLE SYSTEM (10)
VALUES (1, 'a'), (2, 'b')
EXPLAIN (ANALYZE, BUFFERS) SELECT * FROM campaigns
SELECT corr(a, b), regr_slope(a, b), stddev(a), rank() OVER (ORDER BY a), lag(a, 1) OVER w FROM campaigns WINDOW w AS (ORDER BY b)
