"""A page to look at runs, served to this machine alone: nothing in the folders that it shows is changed.

=============  ====================================================================
`folders`      the runs below some folders, and where each stands
`filters`      which of them a table shows
`courses`      any columns over generations, as one figure
`pages`        what each page shows
`kept`         values that need not be computed again
`guard`        who may ask: a token, the name that was asked for, headers
`server`       addresses, and the loop that answers
=============  ====================================================================

The server is aiohttp's, which Ray brings along; pages are filled by Jinja with the parts and the style of reports, and
figures are those of `hetevo.analysis.figures`. Only `guard` and `server` need the extra ``serve``.
"""
