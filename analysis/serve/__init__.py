"""A page to look at runs, served to this machine alone: nothing in the folders that it shows is changed.

=============  ====================================================================
`folders`      the runs below some folders, and where each stands
`filters`      which of them a table shows
`courses`      any columns over generations, as one figure
`pages`        what each page shows
`kept`         what was read, computed or drawn, for whoever asks again
`guard`        who may ask: a token, the name that was asked for, headers
`server`       addresses, and the loop that answers
=============  ====================================================================

The server is aiohttp's; pages are filled by Jinja with the parts and the style of reports, and
figures are those of `hetevo.analysis.figures`. Only `guard` and `server` need the extra ``serve``.
"""
